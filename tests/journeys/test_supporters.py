"""A supporter writes to the candidates where they live."""

from __future__ import annotations

from tests.journeys.town import Campaign


def test_a_supporter_writes_to_everyone_who_stands(campaign: Campaign):
    """The main job: one request in, a letter to each candidate out, a number that everyone can see."""
    campaign.candidates("ada", "bram", "cleo")
    campaign.write("Wilma")
    campaign.comes_to(delivered=3)
    assert campaign.recipients() == ["ada", "bram", "cleo"]
    tally = campaign.tally()
    assert (tally["contacts"], tally["supporters"]) == (3, 1)
    assert tally["contacts_by_party"] == {"A Party": 1, "B Party": 1, "C Party": 1}


def test_a_letter_says_who_wrote_it_and_is_answered_to_them(campaign: Campaign):
    """The sender is the campaign's own domain, which its provider vouches for; the reply goes to the supporter."""
    campaign.candidates("ada")
    campaign.write("Wilma", "Wilma@Post.example", message="I swim in it, {{ candidate.email }}.")
    campaign.comes_to(delivered=1)
    (mail,) = campaign.mails()
    assert (mail.sender.name, mail.sender.email) == ("Wilma via Clean Rivers", "letters@rivers.example")
    assert mail.reply_to
    assert mail.reply_to.email == "Wilma@Post.example"
    assert "Dear Ada," in mail.text
    assert "I swim in it, {{ candidate.email }}." in mail.text  # words, never a template
    assert "Will you sign the charter?" in mail.text


def test_the_same_person_again_gets_the_same_answer_and_no_second_letter(campaign: Campaign):
    """People press twice, and type their name differently."""
    campaign.candidates("ada", "bram")
    first = campaign.write("Wilma Weir", "wilma@post.example")
    campaign.comes_to(delivered=2)
    assert campaign.write(" wilma  WEIR", "WILMA@post.example ") == first
    campaign.write("Otto", "otto@post.example")  # what came before it was worked before it
    campaign.comes_to(delivered=4)
    assert campaign.tally()["letters"]["delivered"] == 4


def test_two_people_at_one_address_are_two_supporters(campaign: Campaign):
    """Couples share a mailbox; each of them has a voice."""
    campaign.candidates("ada")
    campaign.write("Wilma Weir", "home@post.example")
    campaign.write("Otto Weir", "home@post.example")
    campaign.comes_to(delivered=2)
    assert campaign.tally()["supporters"] == 2


def test_a_supporter_may_choose_and_write_to_the_others_later(campaign: Campaign):
    """A second action adds what the first one left out, and repeats nothing."""
    campaign.candidates("ada", "bram", "cleo")
    campaign.write("Wilma", candidates=["bram"])
    campaign.comes_to(delivered=1)
    campaign.write("Wilma")
    campaign.comes_to(delivered=3)
    assert campaign.recipients() == ["ada", "bram", "cleo"]


def test_candidates_who_share_an_address_get_a_letter_each(campaign: Campaign):
    """A party's office answers for several; the provider takes an address only once a call."""
    campaign.candidates("ada", bram="office@party.example", cleo="Office@party.example")
    campaign.write("Wilma")
    campaign.comes_to(delivered=3)
    assert campaign.recipients() == ["Office", "ada", "office"]


def test_a_stranger_without_a_key_sends_nothing(campaign: Campaign):
    """No letter is written, and none is counted, before its supporter confirms it."""
    campaign.candidates("ada")
    answer = campaign.ask("Wilma", bearer="")
    assert (answer.status, answer.body["state"]) == (202, "unconfirmed")
    assert [letter["state"] for letter in answer.body["letters"]] == ["held"]
    assert campaign.ask("Wilma", bearer="a-wrong-key").status == 403
    assert campaign.states() == {}
