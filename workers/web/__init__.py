"""The network's way in, and the pages: actions, tallies, callbacks, health."""
