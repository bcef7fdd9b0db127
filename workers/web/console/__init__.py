"""The operators' console: who may come in, what they see, and what they can do."""
