"""The judge of every fault: six questions, answered by the ledger and by the outbox's own log on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import redis

from workers.broker import LedgerBroker, connect
from workers.campaign.ids import delivery_id, split_delivery_id
from workers.campaign.states import CONTACT, State
from workers.outbox.ledger import Mail
from workers.reactions import REACTIONS
from workers.store import Store, keys
from workers.store.letters import Letter

QUESTIONS = {
    "A": "no delivery is accepted twice at the outbox",
    "B": "every acknowledged input is in the ledger",
    "C": "the books of the mailing balance",
    "D": "the recount equals the tally",
    "E": "no more is unknown than was in flight at the faults",
    "F": "everything that can finish has finished",
}
#: A letter in one of these was handed over; the outbox must have it.
HANDED_OVER = CONTACT | {State.BOUNCED}
#: Where a letter that nothing stops does not stay, once the outbox has reported on all that it took.
_ON_THE_WAY = frozenset({State.QUEUED, State.SENDING, State.ACCEPTED})


@dataclass(slots=True)
class Inputs:
    """What was acknowledged to those outside, and how many provider calls the faults met."""

    letters: set[str] = field(default_factory=set)
    signatories: set[str] = field(default_factory=set)
    in_flight: int = 0


class Judge:
    """Of one ledger; ``judge.wrong(...)`` is empty if all is well."""

    def __init__(self, store: Store, redis_url: str, untold: Callable[[], int]) -> None:
        """``untold`` is how many mails the outbox has still something to report of."""
        self._store, self._untold = store, untold
        self._broker: LedgerBroker = connect(redis_url, heartbeat_s=60, middleware=[])
        self._ledger = redis.Redis.from_url(redis_url)
        self._queues = sorted({actor.queue for actors in REACTIONS.values() for actor in actors})

    def unfinished(self, campaign: str) -> list[str]:
        """What still moves, or would if it had not been lost; nothing is read but counts."""
        tally = self._tally(campaign)
        found = {f"letters {state}": tally.get(state, 0) for state in _ON_THE_WAY}
        found |= {"actions on the agenda": sum(map(self._store.agenda.waiting, self._books(campaign)))}
        found |= {"claims": self._store.letters.claims_in_flight()}
        found |= {"callbacks": int(self._ledger.zcard(keys.CALLBACKS))}
        for queue in self._queues:
            sizes = self._broker.sizes(queue)
            found |= {f"messages {what} in {queue}": sizes[what] for what in ("waiting", "working", "delayed")}
        found |= {"mails to be reported of": self._untold()}
        return [f"{n} {what}" for what, n in sorted(found.items()) if n]

    def wrong(self, campaign: str, inputs: Inputs, mails: Iterable[Mail]) -> dict[str, list[str]]:
        """Question → what speaks against it."""
        letters = {
            letter.id: letter for book in self._books(campaign) for letter in self._store.letters.newest_first(book)
        }
        posted = Counter(letter for mail in mails for letter in self._carried(mail.delivery))
        answers = {
            "A": _twice(posted),
            "B": self._lost(campaign, inputs, letters),
            "C": self._unbalanced(campaign, letters, posted),
            "D": [str(found) for book in self._books(campaign) for found in self._store.tallies.verify(book)],
            "E": _unknown(letters, inputs.in_flight),
            "F": self.unfinished(campaign),
        }
        return {question: found for question, sentences in answers.items() if (found := list(sentences))}

    def _books(self, campaign: str) -> list[str]:
        """Where the letters of a campaign are counted, and where its receipts, its calls and bulletins are."""
        mailings = [mailing.book for mailing in self._store.mailings.of(campaign)]
        return [campaign, keys.receipts_book(campaign), *mailings]

    def _carried(self, delivery: str) -> list[str]:
        """The letters in a mail: itself, unless it is a summary."""
        group, recipient = split_delivery_id(delivery)
        return [delivery_id(each, recipient) for each in self._store.summaries.letters([group]).get(group, [group])]

    def _tally(self, campaign: str) -> Counter[str]:
        tally = Counter[str]()
        for book in self._books(campaign):
            tally.update({str(state): n for state, n in self._store.tallies.totals(book).letters.items()})
        return tally

    def _lost(self, campaign: str, inputs: Inputs, letters: dict[str, Letter]) -> Iterator[str]:
        if lost := inputs.letters - letters.keys():
            yield f"{len(lost)} letters were acknowledged and are not in the ledger"
        if lost := inputs.signatories - self._store.signatures.all(campaign).keys():
            yield f"{len(lost)} signatures were acknowledged and are not in the ledger"

    def _unbalanced(self, campaign: str, letters: dict[str, Letter], posted: Counter[str]) -> Iterator[str]:
        states = Counter(str(letter.state) for letter in letters.values())
        tally = {state: n for state, n in self._tally(campaign).items() if n}
        if states != tally:
            yield f"the ledger has {_shown(states)}; the tally says {_shown(tally)}"
        handed_over = {letter.id for letter in letters.values() if letter.state in HANDED_OVER}
        if missing := handed_over - posted.keys():
            yield f"{len(missing)} letters are counted as handed over and the outbox never had them"
        if early := posted.keys() - handed_over:
            yield f"{len(early)} letters are at the outbox and not counted as handed over"


def _twice(posted: Counter[str]) -> Iterator[str]:
    yield from (f"{delivery} was accepted {n} times" for delivery, n in posted.items() if n > 1)


def _unknown(letters: dict[str, Letter], in_flight: int) -> Iterator[str]:
    """One call carries all letters of an action, or of a summary."""
    calls = {
        letter.summary.partition(" ")[0] or letter.action
        for letter in letters.values()
        if letter.state is State.UNKNOWN
    }
    if len(calls) > in_flight:
        yield f"{len(calls)} calls are unknown, {in_flight} were in flight"


def _shown(states: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
