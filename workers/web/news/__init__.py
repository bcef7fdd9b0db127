"""What a campaign tells the public besides its count: a calendar, its bulletins, and partners' way to add to both."""
