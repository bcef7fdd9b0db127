"""Letters of thanks: what goes to a candidate who has signed, in place of the ask."""

from __future__ import annotations

import pytest

from tests.mail.post_office import GROUP, composer
from tests.support.people import campaign, candidate
from workers.campaign.model import Action, Campaign, Person, Variant
from workers.errors import ConfigError

PUSH = campaign(thanks=Variant("thanks", "Thank you", "I am glad that you signed."))
SAM = Person("p1", "Sam Sample", "sam@supporters.example", "ZZ1 1AA")


def written(push: Campaign = PUSH, message: str = "") -> dict[str, tuple[str, str]]:
    """Candidate → subject and text of a letter to each of two, of whom the second has signed."""
    action = Action("a1", "clean-rivers", SAM.id, GROUP, ("1", "2"), 0, message)
    letters = [(f"{GROUP}-{number}", candidate(number)) for number in (1, 2)]
    found = {}
    for envelope in composer().compose(push, SAM, action, letters, {"2"}):
        for recipient in envelope.recipients:
            text = envelope.text
            for tag, words in (recipient.substitutions or {}).items():
                text = text.replace(tag, words)
            found[recipient.delivery.partition("-")[2]] = recipient.subject or envelope.subject, text
    return found


def test_who_has_signed_is_thanked_and_the_others_are_asked():
    """One supporter, one call, two letters; no word of the ask is in the thanks."""
    letters = written()
    assert letters["1"][0] == "Please sign"
    assert "Will you sign?" in letters["1"][1]
    assert letters["2"][0] == "Thank you"
    assert "I am glad that you signed." in letters["2"][1]
    assert "sign?" not in letters["2"][1]
    assert "/sign/" not in letters["2"][1]


def test_own_words_to_who_has_signed_stand_without_the_ask():
    """The frame is the campaign's, and asks for nothing."""
    _, text = written(message="Our river thanks you.")["2"]
    assert text.startswith("Dear Candidate 2,\n\nOur river thanks you.\n\nYours sincerely,\nSam Sample")


def test_thanks_that_were_promised_and_are_gone_stop_the_campaign():
    """Better no letter than one that asks for what was given."""
    with pytest.raises(ConfigError, match=r"letter\.thanks"):
        written(campaign())
