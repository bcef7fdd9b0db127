"""What tests lean on: real servers and processes, and ways to wait for them."""
