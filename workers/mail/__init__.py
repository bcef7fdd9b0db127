"""What leaves, and what is said about it afterwards."""
