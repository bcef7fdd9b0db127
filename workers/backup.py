"""The file of a backup: a head, every key of the ledger, and a seal that shows the smallest change."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from workers.campaign.ids import Ids
from workers.errors import InputError
from workers.store.copies import Record

#: First line of a file, with the version of what follows.
_MAGIC = b"mobilise backup 1\n"
#: Bytes of key and value, and epoch ms of its end. A key of no bytes ends them; its "value" is how many there were.
_FRAME = struct.Struct(">IQQ")
_PURPOSE = "backup"
#: Bytes read at once while checking.
_CHUNK = 1 << 20


class Head(msgspec.Struct, frozen=True):
    """When and from what the copy was made (epoch seconds), and a proof of the secret under which its ids were made."""

    taken: int
    server: str
    secret: str


def write(path: Path, head: Head, records: Iterable[Record], ids: Ids) -> int:
    """How many keys are in the file at ``path``; it appears there whole or not at all, for its owner's eyes only."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb", buffering=_CHUNK) as file:
            number = _write(file, head, records, ids)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        part.rename(path)
        _keep_name(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return number


def made_by(ids: Ids) -> str:
    """What shows, without telling it, under which secret a copy was made."""
    return ids.proof(_PURPOSE)


@contextlib.contextmanager
def checked(path: Path, ids: Ids) -> Iterator[tuple[Head, Iterator[Record]]]:
    """Head and keys of a file that is whole and ours; InputError before any key of one that is not."""
    with path.open("rb") as file:
        head = _checked(file, ids)
        file.seek(len(_MAGIC))
        file.readline()
        yield head, _records(file)


def _write(file: BinaryIO, head: Head, records: Iterable[Record], ids: Ids) -> int:
    digest, number = hashlib.sha256(), 0

    def put(raw: bytes) -> None:
        file.write(raw)
        digest.update(raw)

    put(_MAGIC + msgspec.json.encode(head) + b"\n")
    for record in records:
        put(_FRAME.pack(len(record.key), len(record.packed), record.ends_ms) + record.key)
        put(record.packed)
        number += 1
    put(_FRAME.pack(0, number, 0))
    file.write(ids.proof(_PURPOSE, digest.hexdigest()).encode())
    return number


def _checked(file: BinaryIO, ids: Ids) -> Head:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise InputError("this is no backup, or one of another version of Mobilise")
    try:
        head = msgspec.json.decode(file.readline(_CHUNK), type=Head)
    except msgspec.DecodeError:
        raise InputError("this backup is damaged in its first lines; nothing was changed") from None
    if head.secret != made_by(ids):
        mend = "set the MOBILISE_SECRET of then: with another one nobody would be recognised"
        raise InputError(f"this backup was made under another MOBILISE_SECRET ({mend})")
    seal = ids.proof(_PURPOSE, "").encode()
    end = file.seek(0, os.SEEK_END) - len(seal)
    file.seek(0)
    found = ids.proof(_PURPOSE, _digest(file, end)).encode()
    if file.read() != found:
        raise InputError("this backup is cut off or was altered: its seal does not fit; nothing was changed")
    return head


def _digest(file: BinaryIO, end: int) -> str:
    digest = hashlib.sha256()
    while end > 0 and (chunk := file.read(min(end, _CHUNK))):
        digest.update(chunk)
        end -= len(chunk)
    return digest.hexdigest()


def _records(file: BinaryIO) -> Iterator[Record]:
    """The seal fits, so these are the bytes that we wrote."""
    number = 0
    while True:
        key, packed, ends_ms = _FRAME.unpack(file.read(_FRAME.size))
        if not key:
            break
        yield Record(file.read(key), file.read(packed), ends_ms)
        number += 1
    if number != packed:
        raise InputError(f"this backup has {number} keys where {packed} were written")


def _keep_name(folder: Path) -> None:
    """A name is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
