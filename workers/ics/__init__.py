"""Calendars in the form that every calendar program knows (RFC 5545): read from the wild, written for everybody."""
