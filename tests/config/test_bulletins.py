"""Tests of bulletins' and calls' folders: what they become, and how what is wrong in them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.campaigns import OPEN
from workers.bulletinfile import load_bulletins, load_calls, read_bulletins, read_calls
from workers.campaign.mailings import AT_ONCE, Speed
from workers.campaign.model import Sender
from workers.campaigns import load_campaigns
from workers.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'campaign = "rivers"\ntitle = "The Post"\nsubject = "News"\n'


@pytest.fixture
def campaigns(tmp_path):
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "rivers.toml").write_text(OPEN)
    return load_campaigns(tmp_path / "campaigns")


@pytest.fixture
def write(tmp_path):
    """A folder with one bulletin or call of these words; None leaves a file out."""

    def write(toml: str | None, body: str | None = "Hello\n", name: str = "post", kind: str = "bulletin") -> Path:
        folder: Path = tmp_path / "config"
        (folder / name).mkdir(parents=True)
        for file, text in ((f"{kind}.toml", toml), ("body.md", body)):
            if text is not None:
                (folder / name / file).write_text(text, encoding="utf-8", errors="surrogateescape")
        return folder

    return write


@pytest.mark.parametrize("root", [ROOT / "config", ROOT / "config" / "demo"], ids=["examples", "demo"])
def test_the_examples_can_be_used(root):
    """They are what people copy."""
    campaigns = load_campaigns(root / "campaigns")
    assert len(load_bulletins(root / "bulletins", campaigns)) == 1
    assert len(load_calls(root / "calls", campaigns)) == 1


def test_what_is_left_out_is_the_campaigns(write, campaigns):
    """Three keys and a text are a bulletin."""
    found = load_bulletins(write(HEAD), campaigns)["post"]
    assert (found.campaign, found.title, found.subject, found.body) == ("rivers", "The Post", "News", "Hello\n")
    assert (found.sender, found.language) == (Sender("Clean Rivers", "letters@rivers.example"), "en-GB")
    assert (found.where, found.schedule, found.speed) == ("", "", AT_ONCE)


def test_a_bulletin_may_say_all_that_there_is(write, campaigns):
    """Its own sender, language and speed."""
    toml = f"""{HEAD}
preheader = "What is new"
where = "region = 'Wales'"
language = "cy"
schedule = "0 9 * * 2"
[sender]
name = "Y Post"
address = "post@rivers.example"
[speed]
per_second = 20
per_domain_per_second = 2.5
warm_up = [100, 1000]
per_week = 2
"""
    found = load_bulletins(write(toml), campaigns)["post"]
    assert (found.sender, found.language, found.preheader) == (
        Sender("Y Post", "post@rivers.example"),
        "cy",
        "What is new",
    )
    assert (found.where, found.schedule, found.speed) == (
        "region = 'Wales'",
        "0 9 * * 2",
        Speed(20, 2.5, (100, 1000), 2),
    )


def test_a_call_has_a_reminder_if_it_says_so(write, campaigns):
    """One, some days later, with a subject of its own."""
    toml = HEAD + 'letter = "Our river."\n[reminder]\nafter_days = 2.5\nsubject = "Again"\n'
    found = load_calls(write(toml, kind="call"), campaigns)["post"]
    assert (found.letter, found.remind_after_days, found.remind_subject) == ("Our river.", 2.5, "Again")


def test_nobody_need_have_a_bulletin(tmp_path, campaigns):
    """A set-up without the folders is in order."""
    assert load_bulletins(tmp_path / "nowhere", campaigns) == {}
    assert load_calls(tmp_path / "nowhere", campaigns) == {}


@pytest.mark.parametrize(
    ("toml", "body", "name", "said"),
    [
        (HEAD + "subjct = 'x'\n", "x", "post", "bulletin.toml:4: subjct is not known (did you mean subject?)"),
        (HEAD.replace("rivers", "river"), "x", "post", "bulletin.toml:1: campaign river is no campaign here (did you"),
        (
            'campaign = "rivers"\nsubject = "x"\n',
            "x",
            "post",
            "bulletin.toml: title is missing (add it: text",
        ),
        (HEAD.replace("News", "  "), "x", "post", "bulletin.toml:3: subject is blank (write something)"),
        (HEAD.replace("News", "a\\nb"), "x", "post", "bulletin.toml:3: subject holds a line break or invisible"),
        (HEAD + '[sender]\nname = "a,b"\naddress = "a@rivers.example"', "x", "post", "5: sender.name holds one of , ;"),
        (HEAD + '[sender]\nname = "a"\naddress = "rivers"', "x", "post", "6: sender.address is not an e-mail address"),
        (HEAD + "[speed]\nwarm_up = [0]\n", "x", "post", "bulletin.toml:5: speed.warm_up expected a list"),
        (HEAD + "[speed]\nper_second = -1\n", "x", "post", "5: speed.per_second expected a number from 0 to 100"),
        (HEAD + 'language = "English!"\n', "x", "post", "bulletin.toml:4: language expected a language tag, such as"),
        (HEAD + "[reminder]\nafter_days = 3\n", "x", "post", "bulletin.toml:4: reminder is not known"),
        (HEAD + "where = 'region = and'\n", "x", "post", "bulletin.toml:4: where is no segment: "),
        (HEAD + "schedule = 'every blue moon'\n", "x", "post", "bulletin.toml:4: schedule "),
        (HEAD + "schedule = '0 9 31 2 *'\n", "x", "post", "bulletin.toml:4: schedule "),
        (HEAD + "frame = '../x'\n", "x", "post", "bulletin.toml:4: frame expected the name of a folder"),
        (HEAD + "title =\n", "x", "post", "bulletin.toml:4: is not TOML"),
        (None, "x", "post", "bulletin.toml: cannot be read: No such file"),
        (HEAD, None, "post", "body.md: cannot be read: No such file"),
        (HEAD, " \n", "post", "body.md: is empty (write the text in Markdown)"),
        (HEAD, "a\n\udcff", "post", "body.md:2: is not UTF-8 (save it as UTF-8)"),
        (HEAD, "x", "The Post", "the folder's name, The Post, is not a plain name (rename it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_how_to_mend_it(write, campaigns, toml, body, name, said):
    """Before anything is sent, and for each folder alone: the others are read all the same."""
    folder = write(toml, body, name)
    write_good(folder)
    found, problems = read_bulletins(folder, campaigns, folder)
    assert [str(problem) for problem in problems if said in str(problem)] == list(map(str, problems))
    assert (len(problems), list(found)) == (1, ["good"])
    with pytest.raises(ConfigError):
        load_bulletins(folder, campaigns)


def test_a_call_is_read_with_the_same_care(write, campaigns):
    """All that is wrong at once, not one thing at a time."""
    folder = write(HEAD + "where = 3\n[reminder]\nafter_days = 0\n", "", kind="call")
    _, problems = read_calls(folder, campaigns, folder)
    places = ["post/body.md", "post/call.toml:4", "post/call.toml:5", "post/call.toml:6"]
    assert sorted(problem.where for problem in problems) == places


def write_good(folder: Path) -> None:
    (folder / "good").mkdir()
    (folder / "good" / "bulletin.toml").write_text(HEAD)
    (folder / "good" / "body.md").write_text("Hello")
