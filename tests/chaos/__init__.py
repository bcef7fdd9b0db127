"""Chaos: minutes of supporters' actions while everything that can break is broken, and the judge at the end."""
