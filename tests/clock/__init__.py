"""The clock: what it moves, looks after and stops."""
