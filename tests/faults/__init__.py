"""What must hold when something is killed, cut off or filled up."""
