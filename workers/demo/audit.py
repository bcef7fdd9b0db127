"""The books once all is settled, held against what was acknowledged, a recount, and the outbox's own ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.campaign.states import CONTACT, State
from workers.demo.machine import Machine
from workers.outbox import ledger

#: A letter in one of these states was handed over; the outbox must have it.
HANDED_OVER = CONTACT | {State.BOUNCED}
#: What the categories of calls and bulletins begin with: those have books of their own.
_MAILINGS = ("bulletin.", "call.")
#: The exit status of a recount that found a difference.
_DIFFERENT = 3


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found; each of ``wrong`` is a sentence, and there should be none."""

    balanced: bool
    verified: bool
    mails: int
    wrong: list[str] = field(default_factory=list)


def audit(machine: Machine, campaign: str, acknowledged: Sequence[str], tally: dict[str, Any]) -> Audit:
    """Looks at the tally, the ledger, a recount and the outbox's disk."""
    letters = {row["letter"]: row["state"] for row in _letters(machine, campaign, len(acknowledged))}
    everything = list(ledger.read(machine.outbox))
    left = Counter((mail.delivery, mail.to.email.casefold()) for mail in everything)
    copies = {mail.delivery for mail in everything if any(one.startswith(_MAILINGS) for one in mail.categories)}
    # Read last: a receipt is in the ledger before it leaves.
    receipts = {row["letter"] for row in _letters(machine, campaign, len(acknowledged), "--receipts")}
    mails = Counter({mail: n for mail, n in left.items() if mail[0] not in receipts | copies})
    books = [*_books(set(acknowledged), letters, tally)]
    recount = machine.mobilise("tally", "verify", campaign, also=[_DIFFERENT])
    wrong = [*books, *_twice(left), *_posted(letters, mails)]
    if not recount["balanced"]:
        wrong.append(f"a recount differs from the tally in {len(recount['differences'])} counts")
    return Audit(not books, bool(recount["balanced"]), mails.total(), wrong)


def _letters(machine: Machine, campaign: str, acknowledged: int, *more: str) -> list[dict[str, str]]:
    limit = str(acknowledged * 2 + 100)  # more than there should be, so that more would be seen
    rows: list[dict[str, str]] = machine.mobilise("letters", "list", "--campaign", campaign, "--limit", limit, *more)
    return rows


def _books(acknowledged: set[str], letters: dict[str, str], tally: dict[str, Any]) -> Iterator[str]:
    """Every acknowledged letter in exactly one state, and the states adding up to the tally."""
    if lost := acknowledged - letters.keys():
        yield f"{len(lost)} letters were acknowledged and are not in the ledger"
    if strange := letters.keys() - acknowledged:
        yield f"{len(strange)} letters are in the ledger and nobody asked for them"
    states = Counter(letters.values())
    for state in sorted({*states, *tally["letters"]}):
        if states[state] != tally["letters"].get(state, 0):
            yield f"{states[state]} letters are {state}, the tally says {tally['letters'].get(state, 0)}"
    contacts = sum(states[state.value] for state in CONTACT)
    if contacts != tally["contacts"]:
        yield f"{contacts} letters are contacts, the tally says {tally['contacts']}"


def _twice(mails: Counter[tuple[str, str]]) -> Iterator[str]:
    """No letter or receipt at the outbox twice for one address."""
    if twice := sum(count > 1 for count in mails.values()):
        yield f"{twice} letters were posted twice"


def _posted(letters: dict[str, str], mails: Counter[tuple[str, str]]) -> Iterator[str]:
    """No letter at the outbox that is not handed over, and none handed over that it does not have."""
    posted = {delivery for delivery, _ in mails}
    handed_over = {letter for letter, state in letters.items() if state in HANDED_OVER}
    if missing := handed_over - posted:
        yield f"{len(missing)} letters are counted as handed over and the outbox never had them"
    if early := posted - handed_over:
        yield f"{len(early)} letters are at the outbox and not counted as handed over"
