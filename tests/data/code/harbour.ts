import { Tide } from "./tide";

/** Where a ship lies. */
export interface Berth<T extends Ship = Ship> {
  readonly length: number;
  moor(ship: T): Promise<void>;
}

export type Fits = (ship: Ship) => boolean;
type Place = {
  name: string;
  depth?: number;
};

export enum Water {
  Low,
  High = "high",
}

export function open(name: string): Berth;
export function open(name: string, depth: number): Berth;
export function open(name: string, depth?: number): Berth {
  return make(name, depth);
}

@sealed
export abstract class Quay<T> implements Berth<Ship> {
  private ropes: Map<string, T> = new Map();

  constructor(readonly length: number) {}

  abstract clear(): void;

  @logged
  public moor(ship: Ship): Promise<void> {
    return Promise.resolve();
  }
}

namespace Harbour {
  export const depth = 12;
  export function sound(): number {
    return depth;
  }
}

declare function fog(level: number): void;
export const pick = <T,>(list: T[]): T | undefined => list[0];
