"""Each action keeps the trace of the request it came with, also where many share one message."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import structlog

from workers import tracing

ONE, TWO = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319c"


@dataclass
class Message:
    options: dict[str, object] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def nothing_bound():
    with tracing.carrying({}), structlog.contextvars.bound_contextvars():
        yield
    structlog.contextvars.clear_contextvars()


def test_actions_of_several_requests_keep_theirs():
    """The web announces many at a time; letters leave action by action."""
    with tracing.carrying({"a1": ONE, "a2": TWO, "a3": ""}):
        many = tracing.of_event({"campaign": "c", "actions": ["a1", "a2", "a3"]})
    assert many == {"a1": ONE, "a2": TWO}
    assert tracing.named(many) == {}
    tracing.take_up(Message({tracing.OPTION: many}))
    assert tracing.current() == ""
    assert tracing.of_event({"action": "a2", "letters": []}) == {"a2": TWO}
    assert tracing.of_event({"callback": "c1"}) == {}


def test_what_one_request_leads_to_belongs_to_it_whatever_it_names():
    """A signature leads to receipts, which name no action."""
    with structlog.contextvars.bound_contextvars(trace=ONE):
        carried = tracing.of_event({"candidate": "1"})
    assert carried == {"": ONE}
    tracing.take_up(Message({tracing.OPTION: carried}))
    assert tracing.current() == ONE
    assert tracing.of_event({"receipts": ["r1"]}) == {"": ONE}


@pytest.mark.parametrize("options", [{}, {tracing.OPTION: None}, {tracing.OPTION: "x"}, {"trace": ONE}])
def test_a_message_without_traces_is_worked_all_the_same(options):
    """From older code, from the clock."""
    tracing.take_up(Message({tracing.OPTION: {"": ONE}}))
    structlog.contextvars.clear_contextvars()
    tracing.take_up(Message(options))
    assert tracing.of_event({"actions": ["a1"]}) == {}
