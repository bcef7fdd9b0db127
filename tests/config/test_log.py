"""Tests of the log: its form, and what never gets into it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog

from workers import log
from workers.campaign.events import Event
from workers.campaign.model import Person
from workers.errors import UnavailableError
from workers.log_events import EVENTS
from workers.publisher import event_name

ROOT = Path(__file__).resolve().parents[2]


class Log:
    """A log in memory."""

    def __init__(self, level: str = "info", form: str = "json") -> None:
        self._stream = io.BytesIO()
        log.configure(level, form, self._stream)
        self.say = structlog.get_logger()

    @property
    def text(self) -> str:
        return self._stream.getvalue().decode()

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(autouse=True)
def as_before():
    """The log belongs to the process: later tests get it back as it was."""
    root = logging.getLogger()
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    before = structlog.get_config()
    with warnings.catch_warnings():
        yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)


def test_an_event_is_one_line_of_json():
    """Time in UTC with milliseconds, level and event first, then the fields."""
    written = Log()
    written.say.info("letters.accepted", action="a1", letters=["d1", "d2"], status=202)
    (line,) = written.lines
    assert list(line) == ["time", "level", "event", "action", "letters", "status"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
    assert line["letters"] == ["d1", "d2"]


def test_line_breaks_in_a_value_do_not_make_a_second_line():
    """Nobody forges an event by what they type."""
    written = Log()
    written.say.info("letters.rejected", reason='x\n{"event": "sending.resumed"}\r\n\u2028')
    assert written.text.count("\n") == 1


def test_what_was_bound_stands_on_every_line():
    """The ids of a message tie its lines together."""
    written = Log()
    with structlog.contextvars.bound_contextvars(actor="send_letters", message_id="m1"):
        written.say.info("provider.called")
    assert written.lines[0]["message_id"] == "m1"


def test_quieter_levels_are_left_out():
    """As the setting says."""
    written = Log("warning")
    written.say.info("letters.accepted")
    written.say.warning("letters.unknown")
    assert [line["event"] for line in written.lines] == ["letters.unknown"]


@dataclass
class Card:
    email: str = "canary@canary.example"


CANARY = "canary"
PERSON = Person("p1", "Canary Canary", "canary@canary.example", "CA1 1RY")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": CANARY},
        {"email": CANARY, "address": CANARY, "postcode": CANARY, "message": CANARY, "body": CANARY, "token": CANARY},
        {"supporter_name": CANARY, "reply_to": CANARY, "api_key": CANARY, "Authorization": CANARY},
        {"reason": "no mailbox for canary@mail.example here"},
        {"nested": {"supporter": {"email": CANARY}}, "listed": [{"token": CANARY}, "canary@mail.example"]},
        {"person": PERSON, "card": Card(), "people": [PERSON]},
        {"raw": b"canary"},
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_what_belongs_to_a_person_is_masked(form, fields):
    """The last guard, for the day on which somebody logs what they should not."""
    written = Log(form=form)
    written.say.info("letters.accepted", **fields)
    assert written.text
    assert CANARY not in written.text.lower()


def test_an_error_tells_where_and_not_with_what():
    """Variables hold people; so do the words of errors that are not ours."""
    written = Log()
    try:
        _fail({"email": "canary@canary.example"}, "canary")
    except KeyError:
        written.say.exception("request.failed")
    error = written.lines[0]["error"]
    assert error["type"] == "KeyError"
    assert re.fullmatch(r"config/test_log\.py:\d+ _fail", error["frames"][-1])
    assert CANARY not in written.text


def _fail(person: dict, key: str) -> None:
    person[key]


def test_our_own_errors_are_quoted():
    """Their sentences are written to be read, and hold no person."""
    written = Log()
    written.say.warning("ledger.away", exc_info=UnavailableError("the ledger cannot write"))
    assert written.lines[0]["error"] == {"type": "UnavailableError", "said": "the ledger cannot write"}


def test_a_deep_traceback_is_shortened():
    """A recursion of a thousand frames is one line too, and a short one."""

    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError
        dive(depth - 1)

    written = Log()
    try:
        dive(500)
    except ValueError:
        written.say.exception("request.failed")
    assert len(written.lines[0]["error"]["frames"]) == 13


@pytest.mark.parametrize(
    "value", ["\ud800", 2**70, float("nan"), {1: {2: {3: {4: {5: {6: 7}}}}}}, object(), {1, 2}, Path("a")]
)
def test_a_value_that_json_does_not_know_still_makes_a_line(value):
    """A log line never stops the work it tells about."""
    written = Log()
    written.say.info("letters.accepted", value=value)
    assert written.lines[0]["event"] == "letters.accepted"


def test_libraries_speak_in_the_same_form():
    """One log to read, not four."""
    written = Log()
    logging.getLogger("dramatiq.worker").warning("Failed %s", "once")
    logging.getLogger("uvicorn.error").info("Started server process")
    assert [(line["library"], line["said"]) for line in written.lines] == [
        ("dramatiq.worker", "Failed once"),
        ("uvicorn.error", "Started server process"),
    ]


def test_libraries_that_would_tell_too_much_are_quiet():
    """Access logs hold tokens in their paths; the SDK logs its key."""
    written = Log("debug")
    logging.getLogger("uvicorn.access").error("GET /sign/canary")
    logging.getLogger("urllib3.connectionpool").debug("POST /v3/mail/send canary")
    logging.getLogger("python_http_client").info("canary")
    logging.getLogger("uvicorn.error").info("GET /api?postcode=canary refused")
    logging.getLogger("dramatiq.worker").info("canary@mail.example")
    assert CANARY not in written.text
    assert len(written.lines) == 2


def test_a_library_with_a_broken_line_stops_nothing():
    """logging swallows wrong arguments, and so does this."""
    written = Log()
    logging.getLogger("dramatiq").warning("%d", "not a number")
    written.say.info("letters.accepted")
    assert written.lines[-1]["event"] == "letters.accepted"


def test_a_log_that_cannot_be_written_stops_nothing():
    """Its reader has gone, or the disk is full: letters go on."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb", buffering=0) as stream:  # noqa: PTH123 -- there is no path to a pipe
        log.configure("info", "json", stream)
        structlog.get_logger().info("letters.accepted")
    structlog.get_logger().info("letters.accepted")


def test_people_get_columns():
    """With the time of day, and without control characters that would move the cursor."""
    written = Log(form="console")
    written.say.info("letters.accepted", action="a1", reason="x\x1b[2Jy")
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} \[info", written.text)
    assert "\x1b[2J" not in written.text


def test_every_event_that_is_logged_is_listed():
    """The list is what operators search by: a name that is not in it is a name nobody knows."""
    said = set()
    for path in (ROOT / "workers").rglob("*.py"):
        said |= set(re.findall(r'\blog\.(?:debug|info|warning|error|exception)\(\s*"([^"]+)"', path.read_text()))
    said |= {event_name(kind) for kind in Event.__subclasses__()}
    assert said - EVENTS.keys() == set()


def test_event_names_are_nouns_and_verbs():
    """``noun.verb``, as ``letters.accepted``; each with its meaning."""
    assert [name for name in EVENTS if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)] == []
    assert all(EVENTS.values())
