"""Candidates sign the charter, and are not asked any more."""

from __future__ import annotations

from tests.journeys.town import Campaign
from tests.support.wait import wait_until


def test_a_signature_is_counted_once_however_often_it_is_reported(campaign: Campaign):
    """Forms repeat callbacks, and some candidates sign on paper too; the count is of candidates."""
    campaign.candidates("ada", "bram")
    for webhook in ("msg_1", "msg_1", "msg_2"):
        assert campaign.sign("ada", webhook) == 204
    assert campaign.sign("bram", "msg_3") == 204
    wait_until(lambda: campaign.town.store.tallies.totals(campaign.slug).signatories == 2)
    assert campaign.mobilise("tally", "verify")["balanced"]


def test_letters_that_wait_for_who_has_signed_do_not_leave(campaign: Campaign):
    """Nobody is asked for what they gave."""
    campaign.candidates("ada", "bram")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=2)
    campaign.sign("ada")
    campaign.comes_to(queued=1, withheld=1)
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1, withheld=1)
    assert [mail.to.email for mail in campaign.mails() if mail.subject == "Our river"] == [
        f"bram@{campaign.slug}.example"
    ]


def test_a_signature_that_nobody_vouches_for_changes_nothing(campaign: Campaign):
    """Anyone can find the address of a webhook."""
    campaign.candidates("ada")
    assert campaign.sign("ada", secret="whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==") == 403
    assert campaign.tally()["signatories"] == 0


def test_the_loop_closes(campaign: Campaign):
    """Who signed is thanked, who asked hears of it, and who comes later writes thanks; each of it once."""
    agreed = [{"purpose": "updates", "wording": "Tell me what becomes of my letters."}]
    campaign.candidates("ada")
    campaign.write("Wilma", consents=agreed)
    campaign.write("Xaver")
    campaign.comes_to(delivered=2)
    for webhook in ("msg_1", "msg_2"):
        campaign.sign("ada", webhook)
    subjects = ["Our river", "Our river", "Thank you for signing: Clean rivers", "Ada has signed"]
    wait_until(lambda: sorted(mail.subject for mail in campaign.mails()) == sorted(subjects))
    campaign.write("Yves")
    campaign.comes_to(delivered=3)
    (thanks,) = [mail for mail in campaign.mails() if mail.subject == "Thank you"]
    assert "I am glad that you signed." in thanks.text
    assert "Will you sign" not in thanks.text
    assert campaign.recipients() == ["ada", "ada", "ada", "ada", "wilma"]
    campaign.books_are_in_order()
    assert campaign.town.store.tallies.verify(f"{campaign.slug}/receipts") == []


def test_nobody_is_mailed_when_a_signature_is_taken_back(campaign: Campaign):
    """What was to be said of it is not said any more, and the count goes back."""
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.sign("ada")
    wait_until(lambda: campaign.town.store.tallies.totals(f"{campaign.slug}/receipts").letters.get("queued") == 1)
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    said = ("--reason", "Signed by mistake.", "--by", "Mo")
    campaign.town.mobilise("signatures", "withdraw", "ada", "-c", campaign.slug, *said)
    campaign.comes_to(withheld=1)
    campaign.mobilise("campaigns", "resume")
    wait_until(lambda: campaign.town.store.tallies.totals(f"{campaign.slug}/receipts").letters.get("withheld") == 1)
    assert list(campaign.letters()) == [("ada", "withheld", "unsigned")]
    assert campaign.mails() == []
    assert campaign.tally()["signatories"] == 0
