"""An import of people: a file is read, held against the ledger, then what is new is written; all in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple, Self, TypeVar

import msgspec

from workers.campaign.candidate_file import Remark
from workers.campaign.model import Consent
from workers.campaign.profile import BUCKETS, NONE
from workers.campaign.table import Encoding, refuse_other_kinds
from workers.errors import InputError
from workers.peoplefile import Entry, PeopleFile
from workers.placefiles import read_lines
from workers.store import Store
from workers.store.people import Known
from workers.store.seats import Seats

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Known]).decode

#: People in one script: about four milliseconds during which nothing else runs on the server.
_CHUNK = 500
#: Buckets of profiles between two moves of the progress bar: a million people are thirty in each.
_STEP = 64
#: Refused rows that are remembered one by one.
_SHOWN = 1000
#: What is remembered of each row: bits of a number whose others tell people apart.
_NEW, _CHANGED, _UNCHANGED, _NOWHERE, _BULLETINS, _CALLS, _BITS = 1, 2, 4, 8, 16, 32, 63
_AGREED = {NONE: 0, "bulletins": _BULLETINS, "calls": _CALLS, "bulletins,calls": _BULLETINS | _CALLS}
_SAID = {"n": _NEW, "c": _CHANGED, "u": _UNCHANGED}
_PARTS = 256
#: Bytes before each chunk that is kept: its length.
_HEAD = 4

_ERASED = "was erased: only they themselves can come back"


@dataclass(slots=True)
class Count:
    """What a file means for the ledger, in people; but for its rows and those refused, the first of them ``shown``."""

    rows: int = 0
    refused: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    without_constituency: int = 0
    bulletins: int = 0
    calls: int = 0
    shown: list[Remark] = field(default_factory=list)

    def refuse(self, row: int, reason: str) -> None:
        """One more row that cannot be used."""
        self.refused += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(Remark(row, reason))


class _Asked(NamedTuple):
    """A chunk, and what the ledger is going to say of each."""

    entries: list[Entry]
    known: list[Known]
    answer: Future[str]


class _Seen:
    """Who was in the file, and what was said of them: eight bytes a row, so that who is in many rows counts once."""

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]

    def add(self, entry: Entry, said: str, seats: str) -> None:
        bits = _SAID[said] | (_NOWHERE if seats == NONE else 0)
        bits |= _AGREED[entry.words.rpartition(" ")[2]]
        number = hash(entry.id) & 0xFFFF_FFFF_FFFF_FFFF
        self._parts[number >> 56].append(number & ~_BITS | bits)

    def count(self, into: Count) -> None:
        """Adds everybody to ``into``."""
        for part in self._parts:
            people: dict[int, int] = {}
            for number in part:
                people[number & ~_BITS] = people.get(number & ~_BITS, 0) | number & _BITS
            for bits in people.values():
                _count(into, bits)


def _count(into: Count, bits: int) -> None:
    if bits & _NEW:
        into.new += 1
    elif bits & _CHANGED:
        into.changed += 1
    else:
        into.unchanged += 1
    into.without_constituency += bool(bits & _NOWHERE)
    into.bulletins += bool(bits & _BULLETINS)
    into.calls += bool(bits & _CALLS)


class Import:
    """``with Import(…) as found``: one file on its way into the ledger. InputError if it cannot be used at all.

    What was read is kept until it is written in a file without a name, which nobody else can open.
    """

    def __init__(self, store: Store, path: Path, agreed: Consent | None = None) -> None:
        self._store, self._path, self._agreed = store, path, agreed
        self._seats = Seats(store.places)
        with _opened(path, id) as lines:
            self._encoding = Encoding(lines)
        #: What to say of the file as a whole, or "".
        self.remark = self._encoding.remark
        #: Bytes of the file, which ``moved`` hears of.
        self.size = path.stat().st_size
        self._spool = TemporaryFile()  # noqa: SIM115 -- closed by ``__exit__``
        #: Bytes of what was read, which ``put`` moves by.
        self.kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._spool.close()

    def compare(self, moved: Callable[[int], object] = id) -> Count:
        """What it would change; nothing is changed."""
        count, seen = Count(), _Seen()
        with _opened(self._path, moved) as lines, ThreadPoolExecutor(1) as away:
            file = PeopleFile(self._encoding.utf8(lines), self._store.ids, self._agreed)
            asked: _Asked | None = None
            for entries in _chunks(file.read(count.refuse)):
                known = self._known(entries)
                # The server works at one chunk while the next is read.
                answer = away.submit(self._store.people.put, known, write=False)
                self._note(asked, count, seen)
                asked = _Asked(entries, known, answer)
            self._note(asked, count, seen)
        count.rows += count.refused
        count.shown.sort(key=lambda remark: remark.row)
        seen.count(count)
        return count

    def put(self, moved: Callable[[int], object] = id) -> None:
        """Writes what ``compare`` read. Cut off anywhere, the same import completes it."""
        self._spool.seek(0)
        while head := self._spool.read(_HEAD):
            packed = self._spool.read(int.from_bytes(head))
            self._store.people.put(_decode(packed))
            moved(len(head) + len(packed))

    def _known(self, entries: list[Entry]) -> list[Known]:
        self._seats.look_ahead(entry.postcode for entry in entries)
        found = []
        for entry in entries:
            seats = self._seats.of(entry.postcode)
            profile = f"{entry.address} {entry.domain} {seats} {entry.words} {NONE}"
            found.append(Known(entry.id, entry.person, profile, entry.consents))
        return found

    def _note(self, asked: _Asked | None, count: Count, seen: _Seen) -> None:
        if asked is None:
            return
        said = asked.answer.result()
        for entry, one, word in zip(asked.entries, asked.known, said, strict=True):
            if word == "e":
                count.refuse(entry.row, _ERASED)
            else:
                count.rows += 1
                seen.add(entry, word, one.profile.split(" ", 3)[2])
        # Who stays as they are is kept as well: of two rows that contradict each other the last one counts.
        self._keep([one for one, word in zip(asked.known, said, strict=True) if word != "e"])

    def _keep(self, known: list[Known]) -> None:
        packed = _encode(known)
        try:
            self._spool.write(len(packed).to_bytes(_HEAD) + packed)
        except OSError as error:
            what = f"what was read cannot be kept until it is written ({error.strerror}): TMPDIR names a larger folder"
            raise InputError(what, field="file") from error
        self.kept += _HEAD + len(packed)


@contextmanager
def _opened(path: Path, moved: Callable[[int], object]) -> Iterator[Iterator[bytes]]:
    try:
        with path.open("rb") as file:
            refuse_other_kinds(file.read(4))
            file.seek(0)
            yield read_lines(file, moved)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", field="file") from error


def _chunks(entries: Iterable[T]) -> Iterator[list[T]]:
    source = iter(entries)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def place_all(store: Store, *, advance: Callable[[int], object] = id) -> tuple[int, int, int]:
    """Finds everybody's constituency in the places as they are now: (people, elsewhere now, without a constituency)."""
    seats, people, moved, nowhere = Seats(store.places), 0, 0, 0
    for start in range(0, BUCKETS, _STEP):
        ids = [person for person, _ in store.people.profiles(start, start + _STEP)]
        for chunk in _chunks(ids):
            found = [person for person in store.people.some(chunk) if person]
            seats.look_ahead(person.postcode for person in found)
            placed = {person.id: seats.of(person.postcode) for person in found}
            moved += store.people.place(placed)
            people, nowhere = people + len(placed), nowhere + sum(one == NONE for one in placed.values())
        advance(_STEP)
    return people, moved, nowhere
