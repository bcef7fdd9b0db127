"""Naughty strings as name, subject, message and postcode: the mail is made, parsed again, and nothing got out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from tests.mail.post_office import Mail, Shape, arrived, composer, copies, write
from tests.support.people import campaign, candidate
from workers.mail.words import one_line, plain

FILES = (
    "blns.json", "crlf.txt", "csv_formula.txt", "redos_patterns.txt", "ssti.txt",
    "xss_MarioXSSVectors.txt", "xss_RSNAKE_XSS.txt", "xss_XSS_Polyglots.txt", "xss_xss_payloads_quick.txt",
)  # fmt: skip
OWN = (
    "Jo\r\nBcc: everyone@parliament.example",
    "a\r\n\r\n<script>",
    "=?utf-8?q?=0d=0aBcc:_x?=",
    "%0d%0aBcc: x",
    "\ud800\udfff",
    "\x00\x1b[2J",
    "{{7*7}}",
    "{% raw %}",
    "-text-salutation-0-",
    "<%unsubscribe%>",
    "[unsubscribe]",
    "x" * 100_000,
    "\n" * 1000,
    "</title></style><script>alert(1)</script>",
    "</p></div></td></tr></table><h1>",
    "&lt;script&gt;",
    "\u202eevil\u2066",
)


def hostile(shared: Path) -> Iterator[str]:
    yield from OWN
    for name in FILES:
        text = (shared / "hostile" / name).read_text(encoding="utf-8", errors="surrogateescape")
        yield from json.loads(text) if name.endswith(".json") else text.splitlines()


@pytest.fixture(scope="module")
def benign() -> tuple[Mail, Shape]:
    mail = arrived(write([candidate(1), candidate(2)])[0])[0]
    return mail, Shape(mail.html)


def test_a_supporters_words_stay_words(shared, benign):
    """No header, element or attribute is in the mail that the template did not put there."""
    by, push = composer(), campaign(sign_off="Yours,\n{{ supporter.name }}\n{{ supporter.postcode }}")
    for words in hostile(shared):
        envelope = write(
            [candidate(1), candidate(2)], by=by, push=push, name=words, subject=words, message=words, postcode=words
        )[0]
        mail = arrived(replace(envelope, recipients=envelope.recipients[:1]))[0]
        assert mail.headers == benign[0].headers, words
        assert mail.sender.addr_spec == "letters@rivers.example", words
        assert mail.sender.display_name.endswith(" via Clean Rivers"), words
        assert mail.reply_to.addr_spec == "sam@supporters.example", words
        assert_shaped_as(benign[1], mail.html)
        assert "Will you sign?" in mail.text, words


def assert_shaped_as(benign: Shape, html: str) -> None:
    shape = Shape(html)
    assert shape.elements <= benign.elements | {("br", ())}
    assert shape.others == []


@pytest.mark.parametrize("letters", [1, 2])
def test_a_message_arrives_as_it_was_typed(shared, letters):
    """Not evaluated, not stripped of what looks like code: only controls and line ends are put right."""
    by = composer()
    for words in hostile(shared):
        typed = plain(words)
        if not typed:
            continue
        mail = copies(write([candidate(i) for i in range(letters)], by=by, message=words)[0])[0]
        assert typed in mail.text
        assert "".join(typed.split()) in "".join(unescape(Shape(mail.html).words).split()) or "&" in typed


def test_a_subject_arrives_as_it_was_typed(shared):
    """Encoded as RFC 2047 asks, and the same when it is decoded."""
    by = composer()
    for words in hostile(shared):
        line = one_line(words)
        if line:
            assert write(by=by, subject=words)[0].subject == line


@pytest.mark.parametrize(
    "words", ["{{7*7}}", "{{ supporter.name }}", "{% for x in range(9) %}x{% endfor %}", "{# gone #}"]
)
def test_template_code_of_a_supporter_is_never_run(words):
    """Their words are values: neither our templates nor a kept fragment compiles them."""
    mail = arrived(write(name=words, subject=words, message=words)[0])[0]
    assert mail.subject == words
    assert mail.text.count(words) >= 2
    assert words in Shape(mail.html).words


def test_a_hostile_candidate_file_gets_no_further_than_a_supporter(shared):
    """Names and parties come from a file that anyone may have edited."""
    by = composer()
    push = campaign(salutation="Dear {{ candidate.name }} of {{ candidate.party }},")
    plain = {str(n): Shape(write([candidate(n)], by=by, push=push)[0].html) for n in (1, 2)}
    for words in hostile(shared):
        people = [candidate(1, name=words, party=words), candidate(2)]
        for copy in (copy for envelope in write(people, by=by, push=push) for copy in copies(envelope)):
            assert copy.to.addr_spec == f"c{copy.delivery[-1]}@candidates.example", words
            assert_shaped_as(plain[copy.delivery[-1]], copy.html)
