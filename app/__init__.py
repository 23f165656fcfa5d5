"""The program itself: core (no Qt), command line (no Qt), services and window."""
