"""The loop closes: who signed is thanked, and those who asked hear of it, each once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from workers.broker import SERVICE, actor
from workers.campaign.events import Event, ReceiptsDue, SupportersDue
from workers.campaign.states import CONTACT, State
from workers.errors import NotFoundError
from workers.mail.receipts import THANKS, TOLD
from workers.store import Store

#: Actions looked at by one call of the script, and seconds after which another message goes on.
_CHUNK, _BUDGET_S = 500, 2.0
#: A letter in one of these may have reached its candidate, or may yet.
_ON_ITS_WAY = frozenset({State.SENDING, State.UNKNOWN})
#: Receipts announced in one message.
_BATCH = 16


@actor(queue_name="letters")
def thank_candidate(campaign: str, candidate: str, *, store: Store = SERVICE) -> Iterator[Event]:
    """Queues the receipt for a signature that stands; a candidate gets one in all."""
    if store.signatures.find(campaign, candidate):
        yield ReceiptsDue(campaign, [store.receipts.queue_thanks(campaign, candidate, THANKS)])
    store.signatures.done(campaign, "thank", candidate)


@actor(queue_name="letters")
def tell_supporters(campaign: str, candidate: str, *, store: Store = SERVICE) -> Iterator[Event]:
    """Queues a receipt for each supporter whose letter asked this candidate and who agreed to hear; one in all.

    It goes on where it was, in messages of a few seconds: a candidate may have ten thousand supporters.
    """
    signature = store.signatures.find(campaign, candidate)
    job, give_up = f"tell:{campaign}:{candidate}:{signature.at if signature else 0}", time.monotonic() + _BUDGET_S
    at, is_end = store.turns.at(job), signature is None
    while not is_end:
        looked, people = store.signatures.writers(campaign, candidate, at, _CHUNK)
        receipts = [receipt for one in people if (receipt := _told(store, campaign, one, candidate))]
        for batch in _batches(receipts):
            yield ReceiptsDue(campaign, batch)
        at, is_end = at + looked, looked < _CHUNK
        store.turns.come_to(job, at)
        if time.monotonic() >= give_up:
            break
    if is_end:
        store.signatures.done(campaign, "tell", candidate)
    else:
        yield SupportersDue(campaign, candidate)


@actor(queue_name="letters")
def tell_writers(campaign: str, candidate: str, actions: list[str], *, store: Store = SERVICE) -> Iterator[Event]:
    """The same for supporters of whose letter nobody could tell, when the candidate signed, whether it had left."""
    stands = store.signatures.find(campaign, candidate) is not None
    known, receipts = [], []
    for action, letters in store.letters.of_actions(store.actions.get_many(actions)):
        letter = next((one for one in letters if one.candidate == candidate and one.action == action.id), None)
        if letter and letter.state in _ON_ITS_WAY and stands:
            continue
        known.append(action.id)
        if (
            letter
            and letter.state in CONTACT
            and stands
            and (receipt := _told(store, campaign, action.person, candidate))
        ):
            receipts.append(receipt)
    for batch in _batches(receipts):
        yield ReceiptsDue(campaign, batch)
    store.signatures.known(campaign, candidate, known)


def _told(store: Store, campaign: str, person_id: str, candidate: str) -> str:
    """The receipt's id; "" for somebody who did not agree, or is not known any more."""
    try:
        person = store.people.get(person_id)
    except NotFoundError:
        return ""
    return store.receipts.queue(campaign, person, TOLD, candidate, signed=candidate) if person.hears_updates else ""


def _batches(receipts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(receipts), _BATCH):
        yield list(receipts[start : start + _BATCH])
