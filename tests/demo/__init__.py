"""The demo, as whoever starts it sees it."""
