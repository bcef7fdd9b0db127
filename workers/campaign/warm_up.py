"""A new sender's first days: how many copies may leave on each, so that mail providers get to know it."""

from __future__ import annotations

from workers.campaign.mailings import Speed


def most_today(speed: Speed, first_day: int, today: int) -> int:
    """Copies that may leave on a day (days since 1970) if the first left on ``first_day``; 0: any number."""
    number = today - first_day
    return speed.warm_up[number] if 0 <= number < len(speed.warm_up) else 0
