"""Why an address is not mailed any more, and which of the reasons are a person's own no."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """One address may have several; it is mailed again when none is left."""

    COMPLAINED = "complained"  # marked as spam
    UNSUBSCRIBED = "unsubscribed"
    GROUP_UNSUBSCRIBED = "group-unsubscribed"  # may be taken back: see group_resubscribe
    ASKED = "asked"  # told an operator
    BOUNCED = "bounced"  # the receiving server refused the address for good
    SOFT_BOUNCES = "soft-bounces"  # it refused for the time being, too often


#: A person's no: nobody writes to their other address instead. The other reasons are about the address alone.
REFUSALS = frozenset({Why.COMPLAINED, Why.UNSUBSCRIBED, Why.GROUP_UNSUBSCRIBED, Why.ASKED})

#: Why letters came back, least certain first: the most certain that was reported is the reason that counts.
RETURNS = ("soft", "blocked", "dropped", "hard")
