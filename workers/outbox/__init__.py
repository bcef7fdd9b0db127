"""The outbox: a stand-in for SendGrid that keeps what it gets, shows it, and reports back with signed events."""
