"""Tests of campaign files: what they become, and how what is wrong in them is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from workers.campaign.model import Breaker, Candidate
from workers.campaigns import load_campaign, load_campaigns, read_campaigns
from workers.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]

GOOD = """\
title = "Clean Air"
charter = "Clean air for all."
opens = 2029-03-26T09:00:00
closes = 2029-05-03T07:00:00
polling_day = 2029-05-03
imprint = "Promoted by Clean Air"

[sender]
name = "Clean Air"
address = "letters@air.example"

[letter]
salutation = "Dear {{ candidate.name }},"
sign_off = "Yours, {{ supporter.name }}"

[[letter.variants]]
name = "greens"
subject = "To a friend"
body = "Thank you."
when = { party = ["The Leaf  Party", "MOSS"], incumbent = false }

[[letter.variants]]
name = "everyone"
subject = "Air"
body = "Please."
ask = "Will you sign?"
"""

ADA = Candidate("1", "Ada Example", "Moss", "E14999001")


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "clean-air.toml") -> Path:
        path: Path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def wrong(path: Path) -> list[str]:
    return [str(problem) for problem in read_campaigns(path.parent, path.parent)[1]]


def test_a_campaign_is_what_its_file_says(write):
    """The slug is the file's name; times without a zone are in the campaign's own."""
    campaign = load_campaign(write(GOOD))
    assert campaign.slug == "clean-air"
    assert campaign.opens.astimezone(UTC) == datetime(2029, 3, 26, 8, tzinfo=UTC)
    assert campaign.polling_day == date(2029, 5, 3)
    assert (campaign.time_zone, campaign.language, campaign.boundaries) == ("Europe/London", "en-GB", "")
    assert campaign.sender.address == "letters@air.example"


def test_the_first_variant_that_suits_is_used(write):
    """Capitals and double spaces in a party's name do not matter."""
    campaign = load_campaign(write(GOOD))
    assert campaign.variants[0].when == {"party": ("the leaf party", "moss"), "incumbent": ("false",)}
    assert campaign.variant(ADA).name == "greens"
    assert campaign.variant(replace(ADA, incumbent=True)).name == "everyone"
    assert campaign.variant(replace(ADA, party="Stone")).name == "everyone"


def test_times_with_a_zone_keep_it(write):
    """An offset in the file is meant."""
    campaign = load_campaign(write(GOOD.replace("09:00:00", "09:00:00+02:00")))
    assert campaign.opens.astimezone(UTC).hour == 7


def test_a_campaign_may_close_at_the_midnight_that_ends_polling_day(write):
    """The last hours are when most people write."""
    text = GOOD.replace("closes = 2029-05-03T07:00:00", "closes = 2029-05-04T00:00:00")
    assert load_campaign(write(text)).closes.day == 4


@pytest.mark.parametrize("folder", ["config/campaigns", "config/demo/campaigns"])
def test_the_campaigns_that_come_along_are_right(folder):
    """They are what people copy."""
    assert load_campaigns(ROOT / folder)


def test_the_demo_campaign_is_open_whenever_it_is_run():
    """A demo that works only this year is none."""
    campaign = load_campaigns(ROOT / "config/demo/campaigns")["warm-homes"]
    assert all(campaign.is_open(datetime(year, 6, 1, tzinfo=UTC)) for year in (2026, 2027, 2050, 2098))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Clean Air"\n', "", " title is missing (add it: text in quotes"),
        ('title = "Clean Air"', "title = 3", "1: title expected text in quotes, not empty"),
        ('title = "Clean Air"', 'titel = "x"\ntitle = "y"', "1: titel is not known (did you mean title?)"),
        ('title = "Clean Air"', 'title = "  "', "1: title is blank"),
        ('title = "Clean Air"', 'title = "a\\nBcc: x"', "1: title holds a line break"),
        ('title = "Clean Air"', f'title = "{"x" * 201}"', "1: title expected text in quotes, not empty, at most 200"),
        ("opens = 2029-03-26T09:00:00", "opens = 2029-03-26", "3: opens expected a date and time without quotes"),
        ("opens = 2029-03-26T09:00:00", "opens = 0001-01-01T00:00:00", "3: opens is not between 1990 and 2199"),
        ("opens = 2029-03-26T09:00:00", "opens = 2029-03-25T01:30:00", "3: opens does not exist in Europe/London"),
        ("opens = 2029-03-26T09", "opens = 2029-05-03T09", "4: closes is not after opens (swap them"),
        ("closes = 2029-05-03T07", "closes = 2029-05-04T07", "4: closes is after polling_day has ended"),
        ("polling_day = 2029-05-03", "polling_day = 2029-05-03T07:00:00", "5: polling_day expected a date"),
        ("polling_day = 2029-05-03", 'polling_day = "soon"', "5: polling_day expected a date without quotes"),
        (
            "[sender]",
            'time_zone = "Europe/Londn"\n[sender]',
            "8: time_zone is not a known zone (did you mean Europe/London?)",
        ),
        ("[sender]", 'time_zone = "../../etc/passwd"\n[sender]', "8: time_zone is not a known zone"),
        ("[sender]", 'time_zone = "Europe"\n[sender]', "8: time_zone is not a known zone"),
        ("[sender]", 'language = "english please"\n[sender]', "8: language expected a language tag, such as en-GB"),
        ("[sender]", "boundaries = 2024\n[sender]", "8: boundaries expected text in quotes, at most 40"),
        ("[sender]", "[sendr]\n[sender]", "8: sendr is not known (did you mean sender?)"),
        ('name = "Clean Air"', 'name = "Air, Clean"', "9: sender.name holds one of"),
        ('name = "Clean Air"', 'name = "Air\\r\\nBcc: x"', "9: sender.name holds a line break"),
        ('name = "Clean Air"', 'name = "Air \\u202e"', "9: sender.name holds a line break or invisible"),
        ("letters@air.example", "letters at air", "10: sender.address is not an e-mail address: "),
        ("letters@air.example", "a@air.example\\r\\nBcc: b@c.example", "10: sender.address is not an e-mail"),
        ('name = "everyone"', 'name = "greens"', "23: letter.variants[2].name is the name of an earlier variant"),
        ('name = "everyone"', 'name = "Every One"', "23: letter.variants[2].name is not a plain name"),
        ('body = "Please."', 'body = ""', "25: letter.variants[2].body expected text in quotes, not empty"),
        ('body = "Please."', 'body = "\\n"', "25: letter.variants[2].body is blank"),
        ('body = "Please."', "", "22: letter.variants[2].body is missing"),
        ('subject = "Air"', 'subject = "Air\\nBcc"', "24: letter.variants[2].subject holds a line break"),
        ("party =", "partei =", "20: letter.variants[1].when.partei is not something a condition can"),
        ("incumbent = false", 'incumbent = "no"', "20: letter.variants[1].when.incumbent expected true or false"),
        ("incumbent = false", 'status = ["stands"]', "20: letter.variants[1].when.status stands is not a candidate's"),
        ("incumbent = false", "region = []", "20: letter.variants[1].when.region is empty"),
        ("incumbent = false", 'region = [" "]', "20: letter.variants[1].when.region is empty"),
        ("incumbent = false", "region = [1]", "20: letter.variants[1].when.region expected a list of texts"),
        ("when = {", "#", "16: letter.variants[1] has no condition, so the variants after"),
        (
            'ask = "Will you sign?"',
            'when = { region = "North" }',
            "26: letter.variants[2].when is a condition on the last variant",
        ),
        ('ask = "Will you sign?"', "asks = 1", "26: letter.variants[2].asks is not known (did you mean ask?)"),
        ("polling_day = 2029-05-03", "polling_day = 2029-13-03", "5: is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_how_to_mend_it(write, old, new, said):
    """The person who writes campaign files is not a programmer."""
    assert old in GOOD
    found = wrong(write(GOOD.replace(f"\n{old}", f"\n{new}") if old.startswith("name") else GOOD.replace(old, new, 1)))
    assert len(found) == 1
    assert found[0].startswith(f"clean-air.toml:{said}")


def test_a_letter_without_variants_is_told(write):
    """There would be nothing to send."""
    text = GOOD[: GOOD.index("[[letter.variants]]")]
    assert wrong(write(text))[0].startswith("clean-air.toml:12: letter.variants is missing")
    empty = text.replace("[letter]", "[letter]\nvariants = []")
    assert wrong(write(empty))[0].startswith(
        "clean-air.toml:13: letter.variants expected a list with at least one entry"
    )


@pytest.mark.parametrize(
    "name", ["all.toml", "Clean.toml", "a--b.toml", "1a.toml", f"{'a' * 41}.toml", "a b.toml", "é.toml"]
)
def test_a_file_name_that_is_no_slug_is_told(write, name):
    """It stands in addresses and keys; "all" is what everything together is called."""
    found = wrong(write(GOOD, name))
    assert len(found) == 1
    assert "rename it" in found[0]


def test_every_problem_of_every_file_is_told_and_the_good_ones_are_kept(write):
    """One broken campaign does not hide the others."""
    write(GOOD.replace("2029-05-03", "2028-05-03").replace("air.example", "air"), "bad.toml")
    write("= 1", "worse.toml")
    write("not read", ".hidden.toml")
    campaigns, problems = read_campaigns(write(GOOD).parent)
    assert list(campaigns) == ["clean-air"]
    assert len(problems) == 4


def test_a_folder_that_is_missing_is_told(tmp_path):
    """With the setting that names it."""
    with pytest.raises(ConfigError, match=r"campaigns\.folder"):
        load_campaigns(tmp_path / "nowhere")


def test_templates_are_not_compiled_here(write):
    """They are text until ``check`` and the mail part look at them: loading stays quick and safe."""
    assert load_campaign(write(GOOD.replace("Please.", "{{ broken"))).variants[1].body == "{{ broken"


@pytest.mark.parametrize(
    "key", ["title", "charter", "imprint", "time_zone", "language", "name", "address", "salutation", "body"]
)
def test_hostile_texts_are_problems_or_texts_and_never_tracebacks(write, shared, key):
    """Whatever is pasted into a campaign file."""
    lines = GOOD.replace("[sender]", 'time_zone = "Europe/London"\nlanguage = "en"\n[sender]', 1).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{key} = "))
    for text in json.loads((shared / "hostile" / "blns.json").read_text())[::3]:
        lines[at] = f"{key} = {json.dumps(text)}"
        wrong(write("\n".join(lines)))


def test_a_breaker_has_defaults_and_takes_what_the_file_says(write):
    """Every campaign has one; a share of 1 never opens it."""
    assert load_campaign(write(GOOD)).breaker == Breaker(60, 50, 0.2, 0.1, 0.01)
    text = "[breaker]\nwindow_minutes = 5\nrejected = 1\nbounced = 0.03\n\n[sender]"
    assert load_campaign(write(GOOD.replace("[sender]", text))).breaker == Breaker(5, 50, 1, 0.03, 0.01)


@pytest.mark.parametrize(
    "line",
    [
        "window_minutes = 0",
        "window_minutes = 241",
        "minimum = 0",
        "minimum = 1.5",
        "rejected = 0",
        "bounced = 1.01",
        "bounced = nan",
        "complained = inf",
        "complained = -0.1",
        'complained = "1%"',
        "bounce = 0.1",
    ],
)
def test_a_breaker_that_cannot_be_meant_is_told_with_its_line(write, line: str):
    """A share is above 0 and at most 1."""
    path = write(GOOD.replace("[sender]", f"[breaker]\n{line}\n\n[sender]"))
    (problem,) = wrong(path)
    assert problem.startswith(f"clean-air.toml:9: breaker.{line.partition(' ')[0]}")


def test_a_campaign_may_have_words_of_thanks(write):
    """They are for who has signed; without them nobody who has is written to."""
    thanks = '[letter.thanks]\nsubject = "Thank you"\nbody = "{}"\n'
    found = load_campaign(write(GOOD + thanks.format("I am glad."))).thanks
    assert found
    assert (found.subject, found.body, found.ask) == ("Thank you", "I am glad.", "")
    assert load_campaign(write(GOOD)).thanks is None
    assert "letter.thanks.body" in wrong(write(GOOD + thanks.format(" ")))[0]
