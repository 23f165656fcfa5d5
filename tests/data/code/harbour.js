// Berths of a harbour.
import { tide } from "./tide.js";

export const LONGEST = 400;
const rules = {
  spring: 5.5,
  neap: 2.1,
};

/**
 * Says whether a ship fits.
 */
export function fits(ship, berth = null) {
  return ship.length <= berth.length;
}

export default class Berth extends Place {
  #rope = 2;
  static count = 0;

  constructor(length) {
    super();
    this.length = length;
  }

  get free() {
    return true;
  }

  async *arrivals() {
    yield 1;
  }
}

const moor = async (ship, { lines }) => {
  const inner = (x) => x;
  return inner(lines);
};

exports.leave = function (ship) {
  return ship;
};

export function* größen() {
  yield "klein";
}
