"""How much of its context a model really uses on this machine: tasks with known answers at every length and depth."""
