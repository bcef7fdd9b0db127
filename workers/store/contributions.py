"""What partner organisations sent in, what editors decided on it, and the keys with which they may."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

import msgspec

from workers.campaign.contribution import Contribution, ContributionKey, Decision, Said
from workers.campaign.mailings import of_book
from workers.campaign.news import CalendarEvent, NewsItem, in_order
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Contribution).decode
_decode_key = msgspec.json.Decoder(ContributionKey).decode

_WHY = "why:"

#: What an edition has of them.
Accepted = tuple[list[NewsItem], list[CalendarEvent]]


class Contributions:
    """The contributions of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def put(self, one: Contribution) -> bool:
        """Keeps a contribution; False if the same was sent in before."""
        args: list[Argument] = [one.campaign, one.id, _encode(one)]
        return bool(self._scripts.call("keep_contribution", [keys.contributions(one.campaign)], args))

    def get(self, campaign: str, contribution_id: str) -> tuple[Contribution, Decision]:
        """A contribution and what was decided; NotFoundError if there is none."""
        with reachable():
            raw = self._client.hget(keys.contributions(campaign), contribution_id)
            decided = self._client.hmget(keys.decisions(campaign), [contribution_id, _WHY + contribution_id])
        if raw is None:
            raise NotFoundError("there is no such contribution (mobilise contributions list shows them)")
        return _decode(raw), _decision(*decided)

    def all(self, campaign: str) -> list[tuple[Contribution, Decision]]:
        """Every contribution, in the order they came."""
        with reachable():
            sent = self._client.hgetall(keys.contributions(campaign))
            decided = self._client.hgetall(keys.decisions(campaign))
        found = [
            (_decode(raw), _decision(decided.get(key), decided.get(_WHY.encode() + key))) for key, raw in sent.items()
        ]
        return sorted(found, key=lambda pair: (pair[0].at, pair[0].id))

    def waiting(self, campaign: str) -> int:
        """How many no editor has decided on."""
        with reachable():
            sent = self._client.hlen(keys.contributions(campaign))
            decided = self._client.hkeys(keys.decisions(campaign))
        return int(sent) - sum(not key.startswith(_WHY.encode()) for key in decided)

    def decide(self, campaign: str, contribution_id: str, decision: Decision) -> bool:
        """Accepts or declines; False if an edition carries it already. NotFoundError if there is none."""
        named = [keys.contributions(campaign), keys.decisions(campaign)]
        words: list[Argument] = [
            decision.said,
            decision.at,
            decision.by or "-",
            decision.bulletin or "-",
            decision.reason,
        ]
        done = self._scripts.call("decide_contribution", named, [campaign, contribution_id, *words]).decode()
        if done == "none":
            raise NotFoundError("there is no such contribution (mobilise contributions list shows them)")
        return bool(done == "done")

    def accepted(self, campaign: str, bulletin: str, book: str = "") -> Accepted:
        """What the next edition of a bulletin has: the oldest news first, events in order.

        With ``book``, that edition's own contributions too: so it can be made anew.
        """
        items = [one for one, decision in self.all(campaign) if _is_for(decision, bulletin, book)]
        return _parted(items)

    def used(self, ids: Sequence[str], book: str) -> bool:
        """The edition of ``book`` carries these, and no other: ids of the news items and events that ``accepted`` gave.

        False, and nothing is marked, if another edition has one of them or an editor took one back: ask again.
        """
        campaign = _campaign(book)
        args: list[Argument] = [campaign, book, _now(), *self._sent_in(campaign, ids)]
        return bool(self._scripts.call("carry_contributions", [keys.decisions(campaign)], args))

    def give_back(self, book: str, *, but: Collection[str] = ()) -> int:
        """An edition that is never sent gives back what it carried, for the next one; how much that was.

        All ``but`` these (ids as ``used`` takes them): what it has in truth, if more was promised to it.
        """
        kept = self._sent_in(_campaign(book), but)
        return int(self._scripts.call("return_contributions", [keys.decisions(_campaign(book))], [book, _now(), *kept]))

    def told(self, campaign: str) -> list[tuple[CalendarEvent, int]]:
        """Every event that was accepted, for the public calendar, and since when (epoch seconds)."""
        found = self.all(campaign)
        public = {Said.ACCEPTED, Said.CARRIED}
        return [(one.event, decision.at) for one, decision in found if one.event and decision.said in public]

    def allow(self, campaign: str, key: ContributionKey) -> None:
        """From now on this key is good."""
        with reachable():
            self._client.hset(keys.contribution_keys(campaign), key.id, _encode(key))

    def revoke(self, campaign: str, key_id: str) -> bool:
        """Whether there was such a key; it is good no more."""
        with reachable():
            return bool(self._client.hdel(keys.contribution_keys(campaign), key_id))

    def allowed(self, campaign: str) -> list[ContributionKey]:
        """Every key that is good, the oldest first."""
        with reachable():
            found = self._client.hvals(keys.contribution_keys(campaign))
        return sorted(map(_decode_key, found), key=lambda key: (key.at, key.id))

    def whose(self, campaign: str, key_id: str) -> ContributionKey | None:
        """Whom a key (its id, see ``Ids.contribution_key``) was made for; None if it is not good."""
        with reachable():
            raw = self._client.hget(keys.contribution_keys(campaign), key_id)
        return _decode_key(raw) if raw else None

    def _sent_in(self, campaign: str, ids: Collection[str]) -> Iterator[str]:
        """Those of ``ids`` that stand for contributions; an event may be known from elsewhere, whatever was decided."""
        wanted = set(ids)
        for one, decision in self.all(campaign):
            item = one.event or one.news
            told = one.news or decision.said in {Said.ACCEPTED, Said.CARRIED}
            if item and told and item.id in wanted:
                yield one.id


def _is_for(decision: Decision, bulletin: str, book: str) -> bool:
    if decision.said is Said.CARRIED:
        return bool(book) and decision.book == book
    return decision.said is Said.ACCEPTED and decision.bulletin == bulletin


def _parted(found: Sequence[Contribution]) -> Accepted:
    return [one.news for one in found if one.news], in_order(one.event for one in found if one.event)


def _decision(packed: bytes | None, reason: bytes | None) -> Decision:
    if packed is None:
        return Decision()
    said, at, by, bulletin, book = packed.decode().split(" ")
    own = by, bulletin.removeprefix("-"), book.removeprefix("-")
    return Decision(Said(said), int(at), *own, (reason or b"").decode())


def _campaign(book: str) -> str:
    known = of_book(book)
    if known is None:
        raise ValueError("not the books of a mailing")
    return known[0]


def _now() -> int:
    return int(time.time())
