"""Loads the Lua scripts: one for each transition, each a callable that turns Redis's refusals into ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError

from workers.campaign.states import CONTACT, MOVES
from workers.campaign.suppression import REFUSALS, RETURNS
from workers.errors import UnavailableError

_FOLDER = Path(__file__).parent / "lua"
#: Why everything is paused when the ledger has forgotten what it knew.
WENT_BACK = "the ledger went back in time: mobilise ledger doubts says what that means"
_INCLUDE = re.compile(r"^-- include (\w+)$", re.MULTILINE)

Argument = str | bytes | int | float
#: A script's name, keys and arguments.
Call = tuple[str, Sequence[str], Sequence[Argument]]
#: redis-py types every reply as a union of all that any server could say: the store knows what it asked for.
Client = Any


@contextmanager
def reachable() -> Iterator[None]:
    """Turns every failure of Redis into UnavailableError: nothing is half done, ask again."""
    try:
        yield
    except RedisError as error:
        raise UnavailableError(away(error)) from error


@cache
def source(name: str) -> str:
    """The script's text, with ``-- include NAME`` and lines of one word in capitals replaced by what they stand for."""
    text = _INCLUDE.sub(lambda match: source(match[1]), (_FOLDER / f"{name}.lua").read_text())
    reason = f"local WENT_BACK = '{WENT_BACK}'\n"
    tables = {"MOVES": _moves(), "REFUSALS": _refusals(), "RETURNS": _returns(), "WENT_BACK": reason}
    for word, table in tables.items():
        text = text.replace(f"-- {word}\n", table)
    return text


class Scripts:
    """Calls scripts by their hash; a server that lost them gets them again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        names = sorted(path.stem for path in _FOLDER.glob("[!_]*.lua"))
        self._hash = {name: client.register_script(source(name)).sha for name in names}

    def hash(self, name: str) -> str:
        """What the server knows a script by."""
        return str(self._hash[name])

    def sources(self) -> Iterator[str]:
        """The text of every script."""
        return map(source, self._hash)

    def call(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Runs one script; UnavailableError when Redis cannot."""
        return self.call_all((name, keys, args))[0]

    def call_all(self, *calls: Call) -> list[Any]:
        """Runs scripts, in order, in one round trip. A server that forgot some gets all again, and runs those then.

        What ran does not run again: a claim would find nothing any more, as it has taken it.
        """
        with reachable():
            answers = self._run(calls)
            forgotten = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if forgotten:
                for name in self._hash:
                    self._client.script_load(source(name))
                for place, answer in zip(forgotten, self._run([calls[place] for place in forgotten]), strict=True):
                    answers[place] = answer
            for answer in answers:
                if isinstance(answer, ResponseError):
                    raise answer
            return answers

    def _run(self, calls: Sequence[Call]) -> list[Any]:
        """One write and one read on a connection of the client's pool: half the CPU of its pipelines, which do more.

        Refusals are among the answers: all are read, so that the connection is good for others then.
        """
        commands = [("EVALSHA", self._hash[name], len(keys), *keys, *args) for name, keys, args in calls]
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            return list(
                connection.retry.call_with_retry(
                    lambda: _exchanged(connection, commands), lambda _: connection.disconnect()
                )
            )
        except BaseException:
            connection.disconnect()  # its next answers would be taken for another's
            raise
        finally:
            pool.release(connection)


def _exchanged(connection: Any, commands: Sequence[Sequence[Argument]]) -> list[Any]:
    connection.send_packed_command(connection.pack_commands(commands))
    return [_answer(connection) for _ in commands]


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as refusal:
        return refusal


def _moves() -> str:
    rows = ", ".join(f"{state} = {_set(MOVES[state])}" for state in MOVES)
    return f"local MOVES = {{{rows}}}\nlocal CONTACT = {_set(CONTACT)}\n"


def _set(states: Iterable[str]) -> str:
    return f"{{{', '.join(f'{state} = true' for state in sorted(states))}}}"


def _refusals() -> str:
    reasons = ", ".join(f"['{why}'] = true" for why in sorted(REFUSALS))
    return f"local REFUSES = {{{reasons}}}\n"


def _returns() -> str:
    ranks = ", ".join(f"{reason} = {rank}" for rank, reason in enumerate(RETURNS, 1))
    return f"local CERTAINTY = {{{ranks}}}\n"


def away(error: Exception) -> str:
    """What is wrong in words: the server's own first word tells why it refuses."""
    said = str(error).partition(" ")[0]
    if said in ("OOM", "MISCONF", "READONLY", "LOADING", "NOREPLICAS"):
        return f"the ledger cannot write now: Redis says {said}"
    return f"the ledger cannot be reached ({type(error).__name__}): does Redis run, and is REDIS_URL right?"
