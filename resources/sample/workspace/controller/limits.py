"""Limits of the tower crane TC-4. Loads are in kilograms, distances in metres, wind in metres per second."""

WIND_WARNING = 15.0
WIND_STOP = 20.0
RELEASE_SECONDS = 600

LOAD_TABLE = ((18.0, 12_500), (30.0, 5_900), (42.0, 3_400), (54.0, 2_300))


def greatest_load(radius: float) -> int:
    """The load that may hang at `radius`; raises ValueError beyond the tip of the jib."""
    for reach, load in LOAD_TABLE:
        if radius <= reach:
            return load
    raise ValueError(f"{radius} m is beyond the tip of the jib")


def must_stop(wind: float, load: float, radius: float) -> bool:
    """Whether the hoist has to stop at once."""
    return wind >= WIND_STOP or load > greatest_load(radius)
