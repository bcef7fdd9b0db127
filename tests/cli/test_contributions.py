"""``mobilise contributions``: keys shown once, files taken in, an editor's decisions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.operating import home
from tests.support.people import CAMPAIGN
from workers.campaign.contribution import Said
from workers.cli import main
from workers.cli.checks import Finding, SetUp
from workers.cli.mailing_checks import mailings
from workers.settings import Settings
from workers.store import Store

_BULLETIN = f"""
campaign = "{CAMPAIGN}"
title = "Monthly"
subject = "News"
"""


@pytest.fixture
def mobilise(valkey: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    root = home(tmp_path / "home")
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(root))
    folder = root / "config" / "bulletins" / "monthly"
    folder.mkdir(parents=True)
    (folder / "bulletin.toml").write_text(_BULLETIN)
    (folder / "body.md").write_text("Hello")

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["contributions", *map(str, arguments), "--campaign", CAMPAIGN])
        return status, *capsys.readouterr()

    return run


def test_a_key_is_shown_once_and_can_be_revoked(mobilise, store: Store):
    """What is listed later is whose it is, and what to revoke."""
    status, out, _ = mobilise("key", "River Friends", "--json")
    made = json.loads(out)
    assert status == 0
    assert made["page"].endswith(f"/campaigns/{CAMPAIGN}/contribute")
    assert store.contributions.whose(CAMPAIGN, store.ids.contribution_key(CAMPAIGN, made["key"]))
    listed = mobilise("keys", "--json")[1]
    assert json.loads(listed)[0]["organisation"] == "River Friends"
    assert made["key"] not in listed
    assert mobilise("revoke", made["id"])[0] == 2, "without a terminal, --yes is needed"
    assert mobilise("revoke", made["id"], "--yes")[0] == 0
    assert mobilise("revoke", made["id"], "--yes")[0] == 1
    assert "no key was made" in mobilise("keys")[1]


def test_a_file_is_taken_in_and_decided_on(mobilise, store: Store, tmp_path: Path):
    """From a partner's table to the next edition, and to the reason of one that was left out."""
    soon = datetime.now(UTC) + timedelta(days=30)
    rows = ["title,text,starts,place", "Otters,Back,,", f"Walk,,{soon:%Y-%m-%d} 19:30,Leeds", "Wrong,,yesterday,"]
    (tmp_path / "sent.csv").write_text("\n".join(rows))
    dry = mobilise("import", tmp_path / "sent.csv", "--organisation", "River Friends", "--dry-run")
    assert (dry[0], store.contributions.all(CAMPAIGN)) == (3, [])
    status, out, said = mobilise("import", tmp_path / "sent.csv", "--organisation", "River Friends")
    assert (status, out) == (3, "2 can be used, 1 left out; 2 new, 0 known already\n")
    assert 'line 4: the event "Wrong"' in said
    rows = json.loads(mobilise("list", "--json")[1])
    assert {(row["kind"], row["title"], row["said"]) for row in rows} == {
        ("news", "Otters", "new"),
        ("event", "Walk", "new"),
    }
    ids = {row["title"]: row["id"] for row in rows}
    assert "next edition of monthly" in mobilise("accept", ids["Otters"])[1]
    assert mobilise("decline", ids["Walk"], "--reason", "too far off")[0] == 0
    assert json.loads(mobilise("show", ids["Walk"], "--json")[1])["reason"] == "too far off"
    (news,), events = store.contributions.accepted(CAMPAIGN, "monthly")
    assert (news.title, events) == ("Otters", [])
    assert store.contributions.get(CAMPAIGN, ids["Walk"])[1].said is Said.DECLINED


def test_what_cannot_be_done_is_one_line(mobilise, tmp_path: Path):
    """Exit status 1 or 2, what is wrong, and no traceback."""
    (tmp_path / "page.ics").write_text("<!DOCTYPE html>")
    (tmp_path / "good.ics").write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    for arguments, says in [
        (("accept", "cnothing"), "no such contribution"),
        (("accept", "cnothing", "--bulletin", "weekly"), "must be one of monthly"),
        (("decline", "cnothing", "--reason", " "), "must not be empty"),
        (("import", tmp_path / "page.ics", "--organisation", "X"), "web page"),
        (("import", tmp_path / "good.ics"), "--organisation: must not be empty"),
        (("key", "a\nb"), "one line"),
    ]:
        status, _, said = mobilise(*arguments)
        assert (status, says in said) == (1, True), said
        assert said.count("\n") == 1


def test_check_names_the_events_that_cannot_be_told(mobilise, tmp_path: Path):
    """Before an edition is made, with file and line; a file that is no calendar is an error."""
    folder = tmp_path / "home" / "config" / "bulletins" / "monthly"
    (folder / "events.csv").write_text("title,starts\nWalk,2098-12-08 19:30\nFair,soon\n")
    assert [(one.level, one.where, one.what) for one in _calendar(tmp_path / "home")] == [
        ("warning", "config/bulletins/monthly/events.csv", WRONG),
        ("ok", "config/bulletins/monthly/events.csv", "1 event"),
    ]
    (folder / "events.ics").write_text("<html>")
    (broken,) = _calendar(tmp_path / "home")
    assert (broken.level, broken.where) == ("error", "config/bulletins/monthly/events.ics")


WRONG = (
    'line 3: the event "Fair" is left out: starts: must be written as 2026-12-08 19:30, or 2026-12-08 for a whole day'
)


def _calendar(root: Path) -> list[Finding]:
    set_up = SetUp(Settings.load(root, {}), [])
    return [one for one in mailings(set_up) if "events." in one.where]
