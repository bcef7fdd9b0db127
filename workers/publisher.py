"""The one place that publishes events: each is logged, and becomes a message for every actor that reacts to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import dramatiq
import structlog

from workers import tracing
from workers.broker import AWAY, Actor, QueueBroker
from workers.campaign.events import Event
from workers.errors import UnavailableError

Reactions = Mapping[type[Event], Sequence[Actor[Any]]]

log = structlog.get_logger()

_known_fields: dict[type[Event], tuple[str, ...]] = {}


class Publisher:
    """Turns an event into one message for each actor that reacts to it."""

    def __init__(self, broker: QueueBroker, reactions: Reactions) -> None:
        self._broker = broker
        self._reactions = reactions

    def bind(self, services: Mapping[str, object]) -> None:
        """Declares every actor of the reactions with the services it names; KeyError for an unknown one."""
        for one in {id(one): one for actors in self._reactions.values() for one in actors}.values():
            wanted = {name: services[name] for name in one.services}
            dramatiq.Actor(
                self._runner(one, wanted),
                broker=self._broker,
                actor_name=one.name,
                queue_name=one.queue,
                priority=one.options.get("priority", 0),
                options={key: value for key, value in one.options.items() if key != "priority"},
            )

    def publish(self, event: Event) -> None:
        """Logs the event and queues its reactions; UnavailableError if they could not be queued."""
        for message in self._messages(event):
            try:
                self._broker.enqueue(message)
            except AWAY as error:
                raise UnavailableError("the queue cannot take a message now") from error

    async def publish_together(self, events: Iterable[Event]) -> None:
        """The same for many events, from inside an event loop: all are queued, or perhaps none."""
        try:
            await self._broker.enqueue_together([message for event in events for message in self._messages(event)])
        except AWAY as error:
            raise UnavailableError("the queue cannot take messages now") from error

    def _messages(self, event: Event) -> list[dramatiq.Message[Any]]:
        fields = {name: getattr(event, name) for name in _fields_of(type(event))}
        traces = tracing.of_event(fields)
        getattr(log, event.level)(event_name(type(event)), **fields, **tracing.named(traces))
        options: dict[str, Any] = {tracing.OPTION: traces} if traces else {}
        actors = [self._broker.get_actor(one.name) for one in self._reactions.get(type(event), ())]
        return [actor.message_with_options(kwargs=fields, **options) for actor in actors]

    def _runner(self, one: Actor[Any], services: Mapping[str, object]) -> Callable[..., None]:
        def run(**fields: Any) -> None:
            for event in one.fn(**fields, **services):
                self.publish(event)

        run.__name__ = run.__qualname__ = one.name
        return run


def _fields_of(kind: type[Event]) -> tuple[str, ...]:
    if kind not in _known_fields:
        _known_fields[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return _known_fields[kind]


def event_name(kind: type[Event]) -> str:
    """``LettersAccepted`` is logged as ``letters.accepted``."""
    return _dotted(kind.__name__)


@cache
def _dotted(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).split()
    return ".".join(["_".join(words[:-1]), words[-1]])
