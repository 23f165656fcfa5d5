"""Reads the gauges twice a second and stops the hoist when a limit is passed."""

from limits import WIND_WARNING, must_stop

PERIOD_SECONDS = 0.5


class Watch:
    """The safety loop of the controller."""

    def __init__(self, gauges, hoist, horn):
        self.gauges, self.hoist, self.horn = gauges, hoist, horn
        self.stopped = False

    def step(self):
        """One turn of the loop."""
        wind, load, radius = self.gauges.read()
        if wind >= WIND_WARNING:
            self.horn.sound()
        if must_stop(wind, load, radius):
            self.hoist.brake()
            self.stopped = True
