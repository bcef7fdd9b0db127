"""``mobilise queues drain``, ``freeze`` and ``thaw``: come to rest, and go on."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.shown import json_option, show_json

#: Seconds between looks, and between two lines that say how far it is.
_LOOK_S, _SAY_S = 0.1, 2.0
#: What a pause says that a freeze brought along: see workers/freezing.py.
_FROZEN = "frozen"

_wait = click.option("--wait", default=120, show_default=True, help="Seconds to wait for what is at hand.")
_why = click.option("--reason", default="drained by hand", show_default=True, help="Shown wherever the pause is.")


@click.command(short_help="pause all sending; wait until what was claimed is finished")
@_why
@_wait
@json_option
@pass_context
def drain(context: Context, reason: str, wait: int, as_json: bool) -> int:
    """Pause everything and wait until all that was claimed is finished and the queues of mail are empty.

    Reports and signatures are still worked. Nothing is lost if it takes too long (exit status 1): it stays paused, and
    the same command goes on waiting. `mobilise campaigns resume all` lets mail leave again.
    """
    context.store.pauses.pause("all", reason, operator(""))
    left = _until(lambda: _at_hand(context), wait)
    return _end("drained", left, as_json=as_json, more="Sending stays paused: mobilise campaigns resume all.")


@click.command(short_help="let all work come to rest; what comes in is kept")
@click.option("--reason", default=_FROZEN, show_default=True, help="Shown wherever the pause is.")
@_wait
@json_option
@pass_context
def freeze(context: Context, reason: str, wait: int, as_json: bool) -> int:
    """Let all work come to rest: besides sending, no letter is written, no report and no signature is worked.

    The web goes on: what comes in is kept on disk and answered as ever, for a 2xx promises no more than that. Personal
    links show and take what they always do. For moving house, or for looking at a ledger that stands still.
    """
    import structlog

    from workers.openings import KNOWN_S
    from workers.store.keys import WORK_SCOPE

    store, who = context.store, operator("")
    give_up = time.monotonic() + wait
    store.pauses.pause("all", _FROZEN, who)
    left = _until(lambda: {"calls": store.letters.claims_in_flight()}, wait)
    if not left:
        store.freezes.forget()
        store.pauses.pause(WORK_SCOPE, reason, who)
        structlog.get_logger().warning("work.frozen", reason=reason, by=who)
        known_at = time.monotonic() + KNOWN_S
        left = _until(lambda: _working(context), give_up - time.monotonic())
        time.sleep(max(0.0, known_at - time.monotonic()))
    return _end("frozen", left, as_json=as_json, more="What comes in is kept. To go on: mobilise queues thaw.")


@click.command(short_help="let work go on after a freeze")
@json_option
@pass_context
def thaw(context: Context, as_json: bool) -> None:
    """Let work go on after a freeze, and sending too, unless it was paused before."""
    from workers import freezing

    store = context.store
    was = freezing.thaw(store, operator(""))
    left = sorted(store.pauses.all())
    if as_json:
        show_json({"result": "thawed" if was else "was not frozen", "paused": left})
        return
    click.echo("thawed" if was else "was not frozen")
    if left:
        click.echo(f"still paused: {', '.join(left)}", err=True)


def _at_hand(context: Context) -> dict[str, int]:
    """What is not finished yet, in words; calls first."""
    broker = context.app.broker
    queues = sorted(broker.get_declared_queues() - {"callbacks"})
    sizes = [broker.sizes(queue) for queue in queues]
    messages = sum(size["waiting"] + size["working"] for size in sizes)
    return {"calls": context.store.letters.claims_in_flight(), "messages": messages}


def _working(context: Context) -> dict[str, int]:
    """What workers still have at hand; who has not said so yet counts as one who works."""
    from workers.pulse import SILENT_S

    resting, now = context.store.freezes.resting(), time.time()
    living = {sign.name for sign in context.store.pulse.living() if sign.kind == "worker" and now - sign.at < SILENT_S}
    return {"workers": len(living - resting.keys()), "messages": sum(resting.values())}


def _until(left: Callable[[], dict[str, int]], wait: float) -> dict[str, int]:
    """Waits until nothing is left, and says now and then how much is; what is left at last, {} for nothing."""
    give_up, say_at = time.monotonic() + wait, time.monotonic() + _SAY_S
    while True:
        found = {what: number for what, number in left().items() if number}
        now = time.monotonic()
        if not found or now > give_up:
            return found
        if now > say_at:
            click.echo(f"waiting for {_words(found)}", err=True)
            say_at = now + _SAY_S
        time.sleep(_LOOK_S)


def _end(what: str, left: dict[str, int], *, as_json: bool, more: str) -> int:
    if as_json:
        show_json({"result": "waiting" if left else what, "left": left})
    elif left:
        click.echo(f"error: not {what} yet: {_words(left)} left. Does a worker run? Say it again to go on.", err=True)
    else:
        click.echo(f"{what}: nothing is at hand any more. {more}")
    return 1 if left else 0


def _words(left: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what if number != 1 else what.removesuffix('s')}" for what, number in left.items())
