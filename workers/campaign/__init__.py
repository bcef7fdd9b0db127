"""Words and rules, pure: no I/O, no clock, no chance, no third party."""
