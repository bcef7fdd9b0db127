"""What became of one letter, action, candidate, person or trace: its whole story in order, in sentences, ids only."""
