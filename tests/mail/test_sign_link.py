"""The personal link in letters: everybody's own, once, in text and HTML, wherever the campaign wants it."""

from __future__ import annotations

import re

import pytest

from tests.mail.post_office import GROUP, LINKS, PUSH, Mail, Shape, arrived, composer, write
from tests.support.people import campaign, candidate
from workers.campaign.model import Action, Candidate, Person, Variant
from workers.mail.drafts import problems

_LINE = "You can sign, or say no, here: "


def url(to: Candidate) -> str:
    return LINKS.sign_url(PUSH, to)


def links_of(mail: Mail) -> tuple[list[str], list[str | None]]:
    """What can be followed in the text, and in the HTML."""
    anchors = [dict(attributes).get("href") for tag, attributes in Shape(mail.html).elements if tag == "a"]
    return re.findall(r"https://\S+", mail.text), anchors


def test_each_candidate_gets_the_own_link_and_nobody_elses():
    """In one call as in many: who has another's link could sign for them."""
    people = [candidate(number) for number in range(1, 7)]
    for mail, to in zip(arrived(write(people)[0]), people, strict=True):
        assert links_of(mail) == ([url(to)], [url(to)])
        assert f"Will you sign?\n\n{_LINE}{url(to)}\n\nYours sincerely" in mail.text


def test_all_letters_to_a_candidate_have_the_same_link():
    """Whoever writes, and however often."""
    links = {str(links_of(arrived(write(name=name)[0])[0])) for name in ("Sam Sample", "Pat Other")}
    assert len(links) == 1


def test_each_address_has_its_own_link():
    """So that the page knows which of a candidate's addresses is the wrong one."""
    both = candidate(1, second_email="second@candidates.example")
    assert url(both) != url(both.at_second())
    assert links_of(arrived(write([both.at_second()])[0])[0])[0] == [url(both.at_second())]


@pytest.mark.parametrize("where", ["ask", "sign_off", "salutation"])
def test_a_campaign_may_place_the_link_in_its_own_words(where: str):
    """Then it is not added once more, whatever the supporter writes."""
    words = "Sign, {{ candidate.name }}: {{ candidate.sign_url }}"
    ask = words if where == "ask" else "Will you?"
    own = {} if where == "ask" else {where: words}
    push = campaign(variants=(Variant("all", "Please sign", "Our river is dirty.", ask),), **own)
    for message in ("", "My own words."):
        mail = arrived(write(push=push, message=message)[0])[0]
        assert links_of(mail) == ([url(candidate(1))], [url(candidate(1))])
        assert _LINE not in mail.text


def test_a_link_in_the_body_is_not_lost_with_it():
    """A supporter's own message takes the body's place."""
    push = campaign(variants=(Variant("all", "Please sign", "Sign at {{ candidate.sign_url }}", "Will you?"),))
    for message, line in (("", False), ("My own words.", True)):
        mail = arrived(write(push=push, message=message)[0])[0]
        assert links_of(mail) == ([url(candidate(1))], [url(candidate(1))])
        assert (_LINE in mail.text) is line


def test_a_link_for_some_only_is_added_for_the_others():
    """A condition in a campaign's text must leave nobody without."""
    ask = "{% if candidate.incumbent %}Sign: {{ candidate.sign_url }}{% else %}Will you sign?{% endif %}"
    push = campaign(variants=(Variant("all", "Please sign", "Our river is dirty.", ask),))
    people = [candidate(1, incumbent=True), candidate(2)]
    mails = arrived(write(people, push=push)[0])
    assert [links_of(mail) for mail in mails] == [([url(to)], [url(to)]) for to in people]
    assert [_LINE in mail.text for mail in mails] == [False, True]


@pytest.mark.parametrize(
    "words", ["{{ candidate.sign_url }}", "-text-link-0-", 'https://evil.example/sign/1 <a href="x">', "$& \\1 %s"]
)
def test_a_supporters_words_do_not_touch_the_link(words: str):
    """They can neither fetch it, nor hide it, nor put another in its place."""
    people = [candidate(1), candidate(2)]
    for mail, to in zip(arrived(write(people, name=words, subject=words, message=words)[0]), people, strict=True):
        assert f"{_LINE}{url(to)}\n\nYours" in mail.text
        assert links_of(mail)[1] == [url(to)]
        assert url(to) not in mail.subject


def test_a_candidates_name_does_not_touch_the_link():
    """Names come from a file that anyone may have edited."""
    to = candidate(1, name='"><a href="https://evil.example">', party="{{ candidate.sign_url }}")
    assert links_of(arrived(write([to])[0])[0])[1] == [url(to)]


def test_a_letter_of_thanks_asks_for_nothing():
    """Whoever has signed has no use for it."""
    push = campaign(thanks=Variant("thanks", "Thank you", "I am glad that you signed."))
    sender = Person("p1", "Sam Sample", "sam@supporters.example", "ZZ1 1AA")
    action = Action("a1", push.slug, "p1", GROUP, ("1", "2"), 0)
    letters = [(f"{GROUP}-{number}", candidate(number)) for number in (1, 2)]
    mails = [mail for one in composer().compose(push, sender, action, letters, ["1"]) for mail in arrived(one)]
    assert [links_of(mail)[0] for mail in mails] == [[], [url(candidate(2))]]


def test_a_subject_with_the_link_is_a_slip():
    """Subjects are shown in lists, on locked screens, and by whoever looks over a shoulder."""
    slip = campaign(variants=(Variant("all", "Sign {{ candidate.sign_url }}", "Our river is dirty.", "Will you?"),))
    (problem,) = problems(slip)
    assert "candidate.sign_url" in str(problem)
    assert not problems(campaign(variants=(Variant("all", "Sign", "Words.", "Here: {{ candidate.sign_url }}"),)))
