"""Letters folded into provider calls, and what each candidate gets out of them."""

from __future__ import annotations

import dataclasses
import re
import shutil

import msgspec
import pytest

from tests.mail.post_office import LINKS, PUSH, TEMPLATES, Shape, arrived, composer, write
from tests.support.people import campaign, candidate
from workers.campaign.model import Variant
from workers.campaign.outcomes import Envelope
from workers.errors import ConfigError
from workers.mail.envelope import Composer
from workers.mail.sendgrid import payload
from workers.mail.templates import Templates

TWO_VARIANTS = (
    Variant(
        "mp",
        "You were our MP",
        "You sat in Parliament.",
        "Will you, {{ candidate.party }}, sign?",
        {"incumbent": ("true",)},
    ),
    Variant("all", "Please sign", "Our river is dirty.", "Will you sign?"),
)


def unfolded(envelopes: list[Envelope]) -> dict[str, tuple[str, str, str]]:
    """What each candidate gets, by delivery."""
    return {mail.delivery: (mail.subject, mail.text, mail.html) for one in envelopes for mail in arrived(one)}


def test_all_letters_of_an_action_go_in_one_call():
    """One call carries six letters; each still begins with its own candidate's name."""
    envelopes = write([candidate(i) for i in range(6)], message="My words.")
    assert len(envelopes) == 1
    for i, mail in enumerate(arrived(envelopes[0])):
        assert mail.text.startswith(
            f"Dear Candidate {i},\n\nMy words.\n\nWill you sign?\n\n"
            f"You can sign, or say no, here: {LINKS.sign_url(PUSH, candidate(i))}\n\nYours sincerely,\nSam Sample\n"
        )
        assert f"<p>Dear Candidate {i},</p>\n<p>My words.</p>" in mail.html
        assert mail.to.addr_spec == f"c{i}@candidates.example"
        assert "-text-" not in mail.text
        assert "-html-" not in mail.html


def test_a_letter_folded_with_others_is_the_letter_sent_alone():
    """Folding is an economy: nobody may see it."""
    people = [candidate(i, incumbent=i == 2, name=f"Jo & <{i}>") for i in range(5)]
    push = campaign(variants=TWO_VARIANTS, sign_off="Yours,\n{{ supporter.name }}, {{ candidate.constituency }}")
    together = unfolded(write(people, push=push, name="Sam <b>"))
    alone = {key: mail for one in people for key, mail in unfolded(write([one], push=push, name="Sam <b>")).items()}
    assert together == alone


def test_sender_and_reply_address_are_the_campaign_and_the_supporter():
    """A From at the supporter's own domain fails DMARC; a reply must still reach the supporter."""
    mail = arrived(write()[0])[0]
    assert (mail.sender.display_name, mail.sender.addr_spec) == (
        "Sam Sample via Clean Rivers",
        "letters@rivers.example",
    )
    assert (mail.reply_to.display_name, mail.reply_to.addr_spec) == ("Sam Sample", "sam@supporters.example")
    assert mail.headers == ["Content-Type", "From", "MIME-Version", "Reply-To", "Subject", "To"]


def test_an_address_is_only_once_in_a_call():
    """SendGrid refuses a call that names an address twice, and candidates do share addresses."""
    people = [
        candidate(1),
        candidate(2, email=" C1@Candidates.Example "),
        candidate(3),
        candidate(4, email="c1@candidates.example"),
    ]
    envelopes = write(people)
    assert [[to.delivery[-1] for to in one.recipients] for one in envelopes] == [["1", "3"], ["2"], ["4"]]
    assert envelopes[1].recipients[0].email == "C1@Candidates.Example"


def test_a_call_holds_no_more_than_a_thousand():
    """SendGrid's limit; nobody is left out on the way."""
    envelopes = write([candidate(i) for i in range(2001)])
    assert [len(one.recipients) for one in envelopes] == [1000, 1000, 1]


def test_a_part_too_long_to_substitute_travels_in_a_call_of_its_own():
    """SendGrid takes 10,000 bytes of substitutions for a recipient; longer text must still arrive whole."""
    long = candidate(2, region="x" * 6000)
    push = campaign(variants=(Variant("all", "Sign", "Words. {{ candidate.region }}", ""),))
    envelopes = write([candidate(1), long, candidate(3)], push=push)
    assert [[to.delivery[-1] for to in one.recipients] for one in envelopes] == [["1", "3"], ["2"]]
    assert envelopes[1].recipients[0].substitutions is None
    assert "x" * 6000 in arrived(envelopes[1])[0].text
    for to in envelopes[0].recipients:
        assert len(msgspec.json.encode(to.substitutions)) <= 10_000


def test_halves_of_a_refused_call_carry_the_same_letters():
    """A refused call is split to find its one bad recipient: the halves must be complete."""
    whole = write([candidate(i) for i in range(5)])
    assert unfolded(list(whole[0].split())) == unfolded(whole)


def test_a_subject_of_the_supporter_wins_and_goes_to_all():
    """Supporters may word their own subject; it stands once in the call."""
    people = [candidate(1), candidate(2, incumbent=True)]
    assert {
        mail.subject
        for mail in arrived(write(people, push=campaign(variants=TWO_VARIANTS), subject=" My\r\nriver ")[0])
    } == {"My river"}
    assert [mail.subject for mail in arrived(write(people, push=campaign(variants=TWO_VARIANTS))[0])] == [
        "Please sign",
        "You were our MP",
    ]


def test_salutation_ask_and_sign_off_stand_around_the_supporters_words():
    """They are locked: no message replaces or empties them."""
    text = arrived(write(message="{{ sign_off }}\n\nDear Nobody,", subject="x")[0])[0].text
    salutation, words, ask, sign_off = (
        text.index(x) for x in ("Dear Candidate", "{{ sign_off }}", "Will you sign?", "Yours")
    )
    assert salutation < words < ask < sign_off


@pytest.mark.parametrize("blank", ["", " \r\n ", "\u2028"])
def test_a_blank_message_leaves_the_campaigns_words(blank):
    """A form that was sent empty is not an empty letter."""
    assert "Our river is dirty." in arrived(write(message=blank)[0])[0].text


def test_tags_are_new_for_each_call_and_in_nobodys_words():
    """A supporter who could guess a tag could write into another candidate's letter."""
    people, by = [candidate(1), candidate(2)], composer()
    tags = [set(write(people, by=by)[0].recipients[0].substitutions or {}) for _ in range(2)]
    assert not tags[0] & tags[1]
    stolen = " ".join(tags[0])
    envelope = write(people, by=by, message=stolen, name=stolen[:60])[0]
    assert all(stolen in mail.text for mail in arrived(envelope))


def test_what_a_conditional_text_says_follows_each_supporter():
    """Kept fragments are kept only where no supporter decides what they say."""
    push = campaign(
        sign_off="{% if supporter.postcode == 'AB1' %}Neighbour{% else %}Friend{% endif %} {{ supporter.name | upper }}"
    )
    by = composer()
    assert "Friend SAM" in arrived(write(push=push, by=by, name="Sam")[0])[0].text
    assert "Neighbour PAT" in arrived(write(push=push, by=by, name="Pat", postcode="AB1")[0])[0].text


def test_a_frame_that_looks_at_the_supporter_is_rendered_for_each(tmp_path):
    """Whoever changes the message folder may use the whole language: only a frame that just prints is kept."""
    shutil.copytree(TEMPLATES, tmp_path, dirs_exist_ok=True)
    for part in ("body.txt", "body.html"):
        template = tmp_path / "letter" / "candidate" / part
        template.write_text(template.read_text() + "{% block title %}{{ supporter.name | upper }}{% endblock %}")
    by = Composer(Templates(tmp_path), LINKS)
    assert [
        re.findall("<title>...", write(by=by, name=name, message="Hello <b>")[0].html)[0] for name in ("Sam", "Pat")
    ] == ["<title>SAM", "<title>PAT"]
    assert "<p>Hello &lt;b&gt;</p>" in write(by=by, message="Hello <b>")[0].html


def test_a_message_folder_that_is_gone_is_a_sentence(tmp_path):
    """A wrong [templates] folder pauses the campaign and says which file is missing."""
    with pytest.raises(ConfigError, match=r"there is no template letter/candidate/body\.txt"):
        write(by=Composer(Templates(tmp_path), LINKS))


def test_one_supporters_words_never_reach_anothers_letter():
    """Fragments are kept between letters: what names a supporter is filled in anew."""
    push, by = campaign(sign_off="{{ supporter.name }}\n{{ supporter.postcode }}\nfor {{ candidate.name }}"), composer()
    write([candidate(1), candidate(2)], push=push, by=by, name="Sam & Sons", postcode="AB1 2CD")
    for postcode, ending in (("XY9 8ZZ", "Pat\nXY9 8ZZ\nfor Candidate 1"), ("", "Pat\n\nfor Candidate 1")):
        mail = arrived(write(push=push, by=by, name="Pat", postcode=postcode)[0])[0]
        assert ending in mail.text
        assert "Sam" not in mail.text + mail.html
        assert "AB1" not in mail.text + mail.html


def test_a_changed_candidate_gets_a_changed_letter():
    """A correction before sending reaches letters that still wait."""
    by, push = composer(), campaign()
    before = candidate(1)
    write([before], push=push, by=by)
    after = dataclasses.replace(before, name="Jo New", email="new@candidates.example")
    envelope = write([after], push=push, by=by)[0]
    assert envelope.recipients[0].email == "new@candidates.example"
    assert "Dear Jo New," in envelope.text


def test_a_text_that_cannot_be_rendered_names_campaign_and_line():
    """The campaign is paused with this sentence: it must say what to mend."""
    with pytest.raises(ConfigError, match=r"campaign clean-rivers, salutation, line 2: .*'nmae'"):
        write(push=campaign(salutation="Dear\n{{ candidate.nmae }}"))


def test_the_letter_is_readable_on_a_phone_and_without_images():
    """One column, 16 pixels and more, light and dark, a language, nothing to fetch."""
    envelope = write(push=campaign(language="cy"))[0]
    assert '<html lang="cy">' in envelope.html
    assert 'name="viewport"' in envelope.html
    assert "color-scheme" in envelope.html
    tags = {tag for tag, _ in Shape(envelope.html).elements}
    assert not tags & {"img", "script", "link", "iframe", "form"}
    assert "url(" not in envelope.html
    assert set(re.findall(r"http[^\s\"<]*", envelope.html)) == {LINKS.sign_url(PUSH, candidate(1))}


def test_the_footer_says_who_wrote_and_where_a_reply_goes():
    """A candidate's office asks first: is this a person, and whom do we answer?"""
    envelope = write()[0]
    for words in (envelope.text, Shape(envelope.html).words):
        assert "Sam Sample wrote this letter to you through Clean rivers." in words
        assert "Published by Clean Rivers, 1 Weir Lane, Testford." in words


def test_a_payload_is_small():
    """Six letters in one call are little more than one: each has a salutation and a link of its own, twice."""
    one, six = (len(payload(write([candidate(i) for i in range(n)])[0])) for n in (1, 6))
    assert six < one + 6 * 700
