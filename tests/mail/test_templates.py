"""Message folders and campaign texts: what is right renders, what is wrong is named with its line."""

from __future__ import annotations

import pytest

from tests.mail.post_office import TEMPLATES
from tests.support.people import campaign
from workers.campaign.model import Variant
from workers.errors import ConfigError
from workers.mail.drafts import NAMES, problems
from workers.mail.templates import Source, Templates, check_source


def folder(tmp_path, **parts: str) -> Templates:
    """One message, receipt/thanks, whose parts are as given."""
    home = tmp_path / "receipt" / "thanks"
    home.mkdir(parents=True)
    files = {"subject_txt": "Thanks", "body_txt": "Hello", "body_html": "<p>Hello</p>", "sample_json": "{}", **parts}
    for name, words in files.items():
        (home / name.replace("_", ".")).write_text(words)
    return Templates(tmp_path)


@pytest.mark.parametrize("name", Templates(TEMPLATES).names())
def test_every_message_renders_its_own_sample(name):
    """A template and its sample agree on every variable."""
    templates = Templates(TEMPLATES)
    message = templates.render(name, templates.sample(name))
    assert message.subject.strip()
    assert "<html lang=" in message.html
    assert templates.problems() == []


def test_the_text_part_says_all_that_the_html_part_says():
    """A text-only client shows the same letter: words, sender, where replies go, imprint."""
    templates = Templates(TEMPLATES)
    sample = templates.sample("letter/candidate")
    message = templates.render("letter/candidate", sample)
    for words in (*sample["letter"].splitlines(), sample["campaign"]["imprint"], "reply goes to"):
        assert words in message.text
        assert words in message.html
    assert "\n-- \n" in message.text


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"body_html": "<p>\n{% if %}"}, "receipt/thanks/body.html, line 2: Expected an expression"),
        ({"body_txt": "one\ntwo\n{{ nmae }}"}, "receipt/thanks/body.txt, line 3: 'nmae' is undefined"),
        ({"subject_txt": "{{ 1 / 0 }}"}, "receipt/thanks/subject.txt, line 1: fails with ZeroDivisionError"),
        ({"subject_txt": "{{ who | safe }}"}, "receipt/thanks/subject.txt, line 1: No filter named 'safe'"),
        ({"subject_txt": " "}, "receipt/thanks/subject.txt: renders to nothing"),
        ({"sample_json": "{"}, "receipt/thanks/sample.json: is not a JSON object"),
        ({"sample_json": "[]"}, "receipt/thanks/sample.json: is not a JSON object"),
        (
            {"body_txt": "{{ ''.__class__.__mro__ }}"},
            "receipt/thanks/body.txt, line 1: access to attribute '__class__'",
        ),
        ({"body_txt": "{% extends 'none.txt' %}"}, "receipt/thanks/body.txt, line 1: there is no template none.txt"),
    ],
)
def test_what_is_wrong_with_a_message_is_named_with_its_line(tmp_path, parts, expected):
    """An operator reads it at the check, not a supporter in the night."""
    found = folder(tmp_path, **parts).problems()
    assert len(found) == 1
    assert str(found[0]).startswith(expected)


@pytest.mark.parametrize("missing", ["subject.txt", "body.txt", "body.html", "sample.json"])
def test_a_message_with_a_part_missing_is_named(tmp_path, missing):
    """Half a message is none."""
    templates = folder(tmp_path)
    (tmp_path / "receipt" / "thanks" / missing).unlink()
    assert f"receipt/thanks/{missing}" in str(templates.problems()[0])


def test_a_folder_without_messages_is_no_success(tmp_path):
    """A mistyped path must not look like templates without faults."""
    assert "holds no message" in str(Templates(tmp_path).problems()[0])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Dear {{ candidate.nmae }}", "greeting, line 1: unknown name 'candidate.nmae' (did you mean candidate.name?)"),
        ("\n{{ constituency }}", "greeting, line 2: unknown name 'constituency'"),
        ("{{ candidate }}", "greeting, line 1: unknown name 'candidate'"),
        ("{{ candidate.email }}", "greeting, line 1: unknown name 'candidate.email'"),
        ("{{ candidate['email'] }}", "greeting, line 1: unknown name 'candidate'"),
        ("{{ supporter.email }}", "greeting, line 1: unknown name 'supporter.email'"),
        ("{% for %}", "greeting, line 1: "),
        ("{{ candidate.name", "greeting, line 1: "),
        ("{{ candidate.name | safe }}", "greeting, line 1: No filter named 'safe'"),
    ],
)
def test_a_campaign_text_that_cannot_be_used_says_where_and_why(source, expected):
    """Addresses are not for letters, and a slip of the finger is found before a supporter finds it."""
    with pytest.raises(ConfigError) as caught:
        check_source(source, NAMES, "greeting")
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "source",
    ["Dear {{ candidate.name }}", "{% for x in range(2) %}{{ x }}{{ loop.index }}{% endfor %}", "{{ '{{' }}", ""],
)
def test_a_campaign_text_may_use_its_own_names_and_loops(source):
    """What a template sets itself is no unknown name."""
    check_source(source, NAMES, "greeting")


def test_all_texts_of_a_campaign_are_checked_at_once():
    """The author mends the file once, not line after line."""
    push = campaign(
        salutation="{{ x }}", variants=(Variant("all", "{{ y }}", "{{ z }}", "{{ candidate.name.foo() }}"),)
    )
    assert len(problems(push)) == 4
    assert problems(campaign()) == []


def test_a_failing_text_names_no_value(tmp_path):
    """Errors are logged: a rendered name or address must not be in them."""
    with pytest.raises(ConfigError) as caught:
        Source("{{ {}[name] }}{{ name.x }}{{ name + 1 }}", "body").render({"name": "Sam Sample"})
    assert "Sam" not in str(caught.value)
