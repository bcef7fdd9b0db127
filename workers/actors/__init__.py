"""What is done about what happened: one module for each journey."""
