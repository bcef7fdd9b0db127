"""The demo: the main job on this machine, through nothing but the ways that everybody has: HTTP, files, commands."""
