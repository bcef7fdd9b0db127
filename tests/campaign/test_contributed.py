"""What partners write is checked field by field: it goes to thousands of readers under somebody else's name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from tests.support.people import campaign
from workers.campaign.ids import Ids
from workers.contributions import EVENT, NEWS, Desk
from workers.errors import InputError

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DESK = Desk(Ids("a secret that only tests use"), campaign(), _NOW)
_NEWS = {"title": "Otters", "text": "They are *back*, see [here](https://rivers.example/otters)."}
_EVENT = {"title": "Walk", "starts": "2026-12-08 19:30"}


@pytest.mark.parametrize(
    ("kind", "fields", "field", "says"),
    [
        (NEWS, {"title": ""}, "title", "empty"),
        (NEWS, {"title": "x" * 151}, "title", "150"),
        (NEWS, {"title": "two\nlines"}, "title", "one line"),
        (NEWS, {"title": "turned \u202eeman"}, "title", "one line"),
        (NEWS, {"text": ""}, "text", "empty"),
        (NEWS, {"text": "x" * 5001}, "text", "5,000"),
        (NEWS, {"text": "a \x07 bell"}, "text", "control"),
        (NEWS, {"text": "<b>bold</b>"}, "text", "HTML"),
        (NEWS, {"text": "<!-- hidden"}, "text", "HTML"),
        (NEWS, {"text": "![pixel](https://tracker.example/1.gif)"}, "text", "pictures"),
        (NEWS, {"text": "[click](javascript:alert(1))"}, "text", "http"),
        (NEWS, {"text": "[click]: http://127.0.0.1/"}, "text", "public"),
        (NEWS, {"text": "<data:text/html,x>"}, "text", "http"),
        (NEWS, {"link": "ftp://rivers.example/"}, "link", "http"),
        (EVENT, {"starts": ""}, "starts", "2026-12-08 19:30"),
        (EVENT, {"starts": "2026-02-30"}, "starts", "no day"),
        (EVENT, {"starts": "2026-11-21 19:00"}, "starts", "past"),
        (EVENT, {"starts": "9999-12-31"}, "starts", "cannot be right"),
        (EVENT, {"starts": "0001-01-01 00:00"}, "starts", "cannot be right"),
        (EVENT, {"starts": "2062-12-08"}, "starts", "three years"),
        (EVENT, {"starts": "2027-03-28 01:30"}, "starts", "put forward"),
        (EVENT, {"ends": "2026-12-08 19:00"}, "ends", "after the start"),
        (EVENT, {"ends": "2026-12-09"}, "ends", "time of day"),
        (EVENT, {"ends": "2028-12-08 19:00"}, "ends", "366 days"),
        (EVENT, {"place": "x" * 251}, "place", "250"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(kind, fields, field, says):
    """Who filled a form in mends that field, and only that."""
    typed = {**(_EVENT if kind == EVENT else _NEWS), **fields}
    flaws = _DESK.flaws(kind, typed)
    assert list(flaws) == [field]
    assert says in flaws[field]
    with pytest.raises(InputError, match=says):
        _DESK.take(kind, "River Friends", typed, "form")


def test_what_is_right_is_taken_as_it_was_meant():
    """Comparisons are no HTML, the last day of an event is a day of it, and the clocks are the campaign's."""
    text = "Rain < 5 mm & wind > 3 <https://rivers.example/rain>"
    assert _DESK.flaws(NEWS, {"title": "Ok", "text": text}) == {}
    whole = {"title": "Fair", "starts": "2026-12-12", "ends": "2026-12-13"}
    event = _DESK.take(EVENT, "River Friends", whole, "form").event
    assert event is not None
    assert event.when == "Saturday 12 December 2026 to Sunday 13 December 2026"
    assert (event.organiser, event.time_zone) == ("River Friends", "Europe/London")
    assert _DESK.flaws(EVENT, {"title": "Today", "starts": "2026-11-22"}) == {}, "it is not over"


def test_hostile_texts_are_taken_as_text_or_refused(shared: Path):
    """A form is open to whoever holds a key, and keys get lost."""
    hostile = shared / "hostile"
    lines = [(hostile / name).read_text(errors="replace").splitlines() for name in ("ssti.txt", "crlf.txt")]
    naughty = json.loads((hostile / "blns.json").read_text())
    for text in chain(naughty, *lines, (hostile / "xss_RSNAKE_XSS.txt").read_text(errors="replace").splitlines()):
        for kind in (NEWS, EVENT):
            flaws = _DESK.flaws(kind, dict.fromkeys(("title", "text", "link", "starts", "ends", "place"), text))
            assert "link" in flaws or not text.strip() or text.strip().startswith("http")
        if not _DESK.flaws(NEWS, {"title": text, "text": text}):
            kept = _DESK.take(NEWS, "River Friends", {"title": text, "text": text}, "form").news
            assert kept is not None
            assert kept.title.isprintable() or not kept.title.isascii()


def test_markup_in_news_is_refused_whatever_its_disguise(shared: Path):
    """Only Markdown passes; what is no tag is shown as it is."""
    for line in (shared / "hostile" / "xss_xss_payloads_quick.txt").read_text(errors="replace").splitlines():
        if "<script" in line.lower() or "<img" in line.lower() or "<svg" in line.lower():
            assert "text" in _DESK.flaws(NEWS, {"title": "x", "text": line}), line


def test_a_file_is_taken_row_by_row(tmp_path: Path):
    """A partner's list with one wrong row; the others are kept, and the row is named."""
    rows = [
        "kind,organisation,title,text,link,starts,ends,place",
        "news,River Friends,Otters,They are back,https://rivers.example,,,",
        ",,Walk,,,2026-12-08 19:30,2026-12-08 21:00,Leeds",
        ",,Wrong,,,8/12/2026,,",
        "poem,,Ode,O river,,,,",
        '"news","River Friends","open quote,,,,,,',
    ]
    (tmp_path / "sent.csv").write_text("\n".join(rows))
    found = _DESK.read(tmp_path / "sent.csv", "Lake Watch")
    assert [(one.kind, one.organisation, one.title) for one in found.found] == [
        ("news", "River Friends", "Otters"),
        ("event", "Lake Watch", "Walk"),
    ]
    assert [flaw.row for flaw in found.flaws] == [4, 5, 6]
    assert 'sent.csv, line 4: the event "Wrong" is left out: starts: must be' in str(found.flaws[0])
