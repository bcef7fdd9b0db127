"""Loads the Lua scripts: one for each transition, each a callable that turns Redis's refusals into ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import NoScriptError, RedisError

from workers.campaign.states import CONTACT, MOVES
from workers.errors import UnavailableError

_FOLDER = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- include (\w+)$", re.MULTILINE)

Argument = str | bytes | int | float
Script = Callable[..., Any]


@contextmanager
def reachable() -> Iterator[None]:
    """Turns every failure of Redis into UnavailableError: nothing is half done, ask again."""
    try:
        yield
    except RedisError as error:
        raise UnavailableError(f"the ledger cannot be reached or cannot write now ({type(error).__name__})") from error


@cache
def source(name: str) -> str:
    """The script's text, with ``-- include NAME`` lines replaced and the table of moves put in front where it is used."""
    text = _INCLUDE.sub(lambda match: source(match[1]), (_FOLDER / f"{name}.lua").read_text())
    return text.replace("-- MOVES\n", _moves())


class Scripts:
    """Calls scripts by their hash; a server that lost them gets them again."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._known = {path.stem: client.register_script(source(path.stem)) for path in sorted(_FOLDER.glob("[!_]*.lua"))}

    def call(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Runs one script; UnavailableError when Redis cannot."""
        script = self._known[name]
        with reachable():
            try:
                return self._client.evalsha(script.sha, len(keys), *keys, *args)
            except NoScriptError:
                return self._client.eval(source(name), len(keys), *keys, *args)

    def call_both(self, *calls: tuple[str, Sequence[str], Sequence[Argument]]) -> list[Any]:
        """Runs several scripts, in order, in one round trip."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for name, keys, args in calls:
                pipeline.evalsha(self._known[name].sha, len(keys), *keys, *args)
            try:
                return pipeline.execute()
            except NoScriptError:
                self._load()
                return pipeline_again(self._client, self._known, calls)

    def _load(self) -> None:
        for name in self._known:
            self._client.script_load(source(name))


def pipeline_again(client: redis.Redis, known: dict[str, Any], calls: Sequence[Any]) -> list[Any]:
    """The same calls once more, after the scripts were loaded: every script may be repeated without harm."""
    pipeline = client.pipeline(transaction=False)
    for name, keys, args in calls:
        pipeline.evalsha(known[name].sha, len(keys), *keys, *args)
    return pipeline.execute()


def _moves() -> str:
    rows = ", ".join(f"{state} = {{{', '.join(f'{to} = true' for to in sorted(MOVES[state]))}}}" for state in MOVES)
    contact = ", ".join(f"{state} = true" for state in sorted(CONTACT))
    return f"local MOVES = {{{rows}}}\nlocal CONTACT = {{{contact}}}\n"
