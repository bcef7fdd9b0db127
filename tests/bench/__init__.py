"""What it costs, in figures: ``scripts/bench letters``. Nothing here is asserted in a test."""
