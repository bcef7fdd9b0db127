"""``bulletins preview`` and ``calls preview``: what one reader would get, and what keeps it from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.operating import home
from tests.support.people import CAMPAIGN, candidate, person
from workers.campaign.profile import Profile
from workers.cli import main
from workers.store import Store
from workers.store.people import known_as

_HEAD = f'campaign = "{CAMPAIGN}"\ntitle = "Monthly"\nsubject = "{{{{ tally.signatories }}}} signed"\n'
_BODY = "Dear {{ person.name }} of {{ person.constituency }},\n\n{{ candidates }}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = home(tmp_path / "home")
    for kind in ("bulletin", "call"):
        made = root / "config" / f"{kind}s" / "monthly"
        made.mkdir(parents=True)
        (made / f"{kind}.toml").write_text(_HEAD)
        (made / "body.md").write_text(_BODY)
    return root


@pytest.fixture
def mobilise(valkey: str, folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(folder))
    monkeypatch.setenv("MOBILISE_LOG__LEVEL", "error")

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(list(map(str, arguments)))
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize("kind", ["bulletins", "calls"])
def test_a_preview_shows_an_invented_reader(mobilise, store: Store, kind):
    """Subject, rule, size and text; nobody's name is needed, and no link in it opens anything."""
    store.candidates.apply(CAMPAIGN, [candidate(1, constituency_name="Testford")])
    status, out, _ = mobilise(kind, "preview", "monthly")
    assert status == 0
    for words in ("0 signed", "letters@rivers.example", "invented", "Dear Sam Sample of Testford,", "- Candidate 1"):
        assert words in out
    shown = json.loads(mobilise(kind, "preview", "monthly", "--json")[1])
    assert (shown["recipients"], shown["stage"], shown["reader"]) == (0, "draft", "invented")
    assert "Dear Sam Sample of Testford," in shown["html"]
    assert store.events.newest(9) == []


def test_without_candidates_there_are_invented_ones(mobilise, store: Store):
    """A campaign that has not begun can be looked at."""
    out = mobilise("bulletins", "preview", "monthly", "--text")[1]
    assert out.startswith("Dear Sam Sample of Anytown,\n\n- Jo Bloggs, Example Party (has signed)\n")


def test_a_reader_of_whom_nothing_is_known_can_be_shown(mobilise, store: Store):
    """What an author easily forgets."""
    out = mobilise("bulletins", "preview", "monthly", "--text", "--unknown")[1]
    assert out.startswith("Dear friend of your constituency,\n\n--")


def test_a_chosen_person_is_noted(mobilise, store: Store, tmp_path):
    """By id or by address; the event names the id and who asked."""
    who = person(store.ids, 1, "Pat <b>Reader</b>")
    store.people.put([known_as(who, Profile(store.ids.address(who.email), "mabcde"))])
    file = tmp_path / "preview.html"
    for given in (who.id, who.email):
        status, out, _ = mobilise("calls", "preview", "monthly", "--person", given, "--html", file, "--by", "ines")
        assert status == 0
        assert "Dear Pat <b>Reader</b> of your constituency," in out
    assert "Dear Pat &lt;b&gt;Reader&lt;/b&gt; of" in file.read_text()
    assert [(one.kind, one.body) for one in store.events.newest(2)] == [("person.shown", f"{who.id} by ines")] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "no bulletin nothing (known here: monthly)"),
        (("monthly", "--person", "paaaaaaaaaaaaaaaa"), "no"),
        (("monthly", "--person", "nobody@readers.example"), "nobody with this address is known"),
        (("monthly", "--edition", "2026-01-01"), "none was approved yet"),
        (("monthly", "--html", "/nowhere/at/all.html"), "--html: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_shown_is_said(mobilise, store: Store, arguments, said):
    """In one line, with exit status 1."""
    status, _, err = mobilise("bulletins", "preview", *arguments)
    assert status == 1
    assert said in err
    assert "Traceback" not in err


def test_what_keeps_it_from_being_sent_is_said_with_its_line(mobilise, folder, store: Store):
    """Before anybody gets it."""
    (folder / "config/bulletins/monthly/body.md").write_text("Hello\n{{ persn.name }}\n")
    status, out, err = mobilise("bulletins", "preview", "monthly")
    assert (status, out) == (1, "")
    assert "bulletins/monthly/body.md:2: unknown name 'persn.name' (did you mean person.name?)" in err
