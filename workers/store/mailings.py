"""Calls and bulletins in the ledger: what was approved, how far it has come, and the orders that its copies go in.

An order is stored as an Action is: ``campaign`` is the mailing's book, ``candidates`` its people (ids), ``person`` is
"". So its copies are claimed, settled, reported on and recounted as letters are.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from workers.campaign.ids import Ids, delivery_id
from workers.campaign.mailings import Content, Mailing, Stage, of_book
from workers.campaign.model import Action
from workers.campaign.profile import BUCKETS, bucket_number
from workers.campaign.states import State
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode_mailing = msgspec.json.Decoder(Mailing).decode
_decode_content = msgspec.json.Decoder(Content).decode

#: Copies in one order, about: the group of an order stays a short list in Redis, of which one call carries all.
ORDER = 400
#: Milliseconds until a mailing that was announced is announced again.
_NUDGE_MS = 2_000
#: Orders moved by one call of a script: a few thousand copies, some hundredths of a second of the server's time.
_ORDERS = 8
_NO_CONTENT = Content("", "", "", "")
#: Stages at which a mailing is worked.
_RUNNING = (Stage.GATHERING, Stage.SENDING)


class Mailings:
    """The calls and bulletins of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, ids: Ids) -> None:
        self._client, self._scripts, self._ids = client, scripts, ids

    def approve(self, mailing: Mailing, expected: int) -> bool:
        """Freezes a mailing for an audience of about ``expected``; False if one of this name and edition started."""
        record, book = _encode(replace(mailing, content=_NO_CONTENT)), mailing.book
        due_ms = mailing.due_at * 1000 if mailing.stage is Stage.APPROVED else 0
        named = [keys.mailing(book), keys.MAILINGS, keys.RUNNING]
        args: list[Argument] = [book, record, _encode(mailing.content), _groups(expected)]
        args += [int(time.time()), due_ms, mailing.stage]
        return bool(self._scripts.call("approve_mailing", named, args))

    def get(self, book: str) -> Mailing:
        """The mailing with its content; NotFoundError if there is none."""
        with reachable():
            fields = self._client.hgetall(keys.mailing(book))
        if not fields:
            raise NotFoundError(f"there is no mailing {book}")
        return replace(_mailing(fields), content=_decode_content(fields[b"content"]))

    def of(self, campaign: str = "") -> list[Mailing]:
        """Every mailing of a campaign, or of all, newest first; without content."""
        with reachable():
            books = [raw.decode() for raw in self._client.zrange(keys.MAILINGS, 0, -1, desc=True)]
        return self._some([book for book in books if not campaign or book.startswith(f"{campaign}/")])

    def running(self) -> list[str]:
        """The books of mailings that are gathered or sent now, or wait for their time."""
        with reachable():
            return [raw.decode() for raw in self._client.zrange(keys.RUNNING, 0, -1)]

    def worked(self) -> list[Mailing]:
        """The mailings whose copies leave now; without content."""
        return [mailing for mailing in self._some(self.running()) if mailing.stage is Stage.SENDING]

    def _some(self, books: Sequence[str]) -> list[Mailing]:
        if not books:
            return []
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for book in books:
                pipeline.hmget(keys.mailing(book), _FIELDS)
            replies = pipeline.execute()
        return [_mailing(dict(zip(_FIELDS, fields, strict=True))) for fields in replies if fields[0]]

    def lately(self, days: float) -> list[Mailing]:
        """Those that started so many days ago at most; without content."""
        since = time.time() - days * 86_400
        return [mailing for mailing in self.of() if mailing.started_at > since]

    def move(self, book: str, to: Stage, *from_: Stage, again: bool = False, expected: int = 0) -> bool:
        """To another stage, from one of these; False if it was at none, or its books do not let it finish.

        ``again``: it is looked at once more, though it does not run.
        ``expected``: how many its audience is about now, when it is gathered.
        """
        now = time.time()
        nudge = int(to in _RUNNING or again)
        groups = _groups(expected) if expected else 0
        args: list[Argument] = [book, " ".join(from_), to, int(now), nudge, groups]
        named = [keys.mailing(book), keys.RUNNING, keys.tally(book)]
        return bool(self._scripts.call("move_mailing", named, args))

    def nudge(self, book: str) -> None:
        """It is looked at again in a moment."""
        with reachable():
            seconds, _ = self._client.time()  # the server's: a worker whose own is ahead would put it off
            self._client.zadd(keys.RUNNING, {book: int(seconds) * 1000 + _NUDGE_MS}, xx=True)

    def groups(self, book: str) -> tuple[int, int]:
        """How many groups the audience goes into, and how many are gathered."""
        with reachable():
            groups, done = self._client.hmget(keys.mailing(book), "groups", "gathered")
        return int(groups or 0), int(done or 0)

    def write(self, mailing: Mailing, group: int, people: Sequence[str]) -> int:
        """Writes the order of one group, once, after those before it; how many copies are new."""
        book, (order_id, group_id) = mailing.book, self.order_of(mailing, group)
        order = Action(order_id, book, "", group_id, tuple(people), int(time.time()))
        named = [keys.action(order_id), keys.actions(book), keys.agenda(book), keys.mailing(book)]
        args: list[Argument] = [book, order_id, _encode(order), order.at, group + 1]
        return int(self._scripts.call("write_copies", named, args))

    def order_of(self, mailing: Mailing, group: int) -> tuple[str, str]:
        """The id of a group's order, and of its deliveries' group."""
        number, edition = str(group), f"{mailing.name} {mailing.edition}"
        order = self._ids.action(mailing.book, number, [])
        return order, self._ids.group(mailing.campaign, mailing.kind, edition, number)

    def copy_of(self, mailing: Mailing, person: str) -> str:
        """The id of a person's copy; "" for who is not in its audience."""
        _, group = self.order_of(mailing, bucket_number(person) * max(1, self.groups(mailing.book)[0]) // BUCKETS)
        with reachable():
            return delivery_id(group, person) if self._client.hexists(keys.deliveries(group), person) else ""

    def states(self, mailing: Mailing, people: Sequence[str]) -> list[State | None]:
        """Where each person's copy is; None for who has none."""
        groups = max(1, self.groups(mailing.book)[0])
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for person in people:
                _, group = self.order_of(mailing, bucket_number(person) * groups // BUCKETS)
                pipeline.hget(keys.deliveries(group), person)
            found = pipeline.execute()
        return [State(raw.decode().partition(" ")[0]) if raw else None for raw in found]

    def orders(self, book: str) -> Iterator[list[str]]:
        """The ids of all orders, in chunks."""
        start = 0
        while True:
            with reachable():
                found = self._client.lrange(keys.actions(book), start, start + _ORDERS - 1)
            if not found:
                return
            yield [raw.decode() for raw in found]
            start += len(found)

    def turn(self, book: str, from_: Iterable[State], to: State, reason: str) -> int:
        """Moves every copy in these states: cancelled, or queued again; how many."""
        return sum(
            int(
                self._scripts.call(
                    "turn_copies", [keys.agenda(book)], [book, int(time.time()), " ".join(from_), to, reason, *orders]
                )
            )
            for orders in self.orders(book)
        )

    def is_idle(self, book: str) -> bool:
        """Whether none of its copies waits or is being posted."""
        with reachable():
            if self._client.zcard(keys.agenda(book)):
                return False
            counts = self._client.hmget(keys.tally(book), [State.QUEUED, State.SENDING, State.HELD])
        return not any(int(n or 0) for n in counts)


def _groups(expected: int) -> int:
    """Into how many groups such an audience goes."""
    groups = 1
    while groups * ORDER < expected and groups < BUCKETS:
        groups *= 2
    return groups


_FIELDS = [b"record", b"stage", b"audience", b"started_at", b"ended_at"]


def _mailing(fields: dict[bytes, bytes]) -> Mailing:
    audience, started_at, ended_at = (int(fields.get(name) or 0) for name in _FIELDS[2:])
    return replace(
        _decode_mailing(fields[b"record"]),
        stage=Stage(fields[b"stage"].decode()),
        audience=audience,
        started_at=started_at,
        ended_at=ended_at,
    )


def campaign_of(book: str) -> str:
    """The campaign whose mailing this is; the book itself for others."""
    known = of_book(book)
    return known[0] if known else book
