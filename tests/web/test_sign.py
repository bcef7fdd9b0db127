"""``/sign/{token}``: what a candidate can do with the link in a letter, and what nobody can without it."""

from __future__ import annotations

import re
import time

import pytest

from tests.web.conftest import OLD_SEAT, candidate
from tests.web.signing import SLUG, Link, link, pushes, state, token, write
from workers.campaign.answers import Said
from workers.campaign.ids import Ids
from workers.campaign.model import Campaign
from workers.store.claims import Claim, gathering

__all__ = ["link", "pushes"]


def test_the_page_says_what_is_asked_of_whom_and_by_how_many(link: Link):
    """Charter, name, party, constituency, and the letters that have reached them."""
    html = link.page()
    assert "And for &lt;b&gt;lakes&lt;/b&gt;." in html
    assert "<strong>Candidate 1</strong>, River Party, Testford" in html
    assert "No letter of a constituent has reached you yet" in html
    assert "Will you sign this charter?" in html
    answer = link.site.get(link.path)
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]


def test_a_press_signs_once_and_the_letters_stop(link: Link):
    """However often it is pressed: one signatory, by link, and what waited is withheld before the page comes back."""
    for _ in range(3):
        answer = link.press("sign")
        assert (answer.status, answer.headers["location"]) == (303, link.path)
    (signature,) = link.ledger.signatures.all(SLUG).values()
    assert (signature.candidate, signature.source, signature.by) == ("1", "link", "")
    assert abs(signature.at - time.time()) < 60
    assert set(link.waits().values()) == {"withheld signed"}
    assert link.ledger.tallies.totals(SLUG).signatories == 1
    assert link.ledger.tallies.verify(SLUG) == []
    assert link.ledger.signatures.flaw(SLUG) == ""
    assert "Signed on " in link.page()


def test_a_decline_stops_the_letters_and_its_reason_stays_private(link: Link):
    """It is kept for the campaign and shown to nobody; a change of mind is a signature."""
    assert link.press("declined", reason="  No.\r\nNot <b>this</b> one  ").status == 303
    assert link.ledger.answers.reason(SLUG, "1") == "No.\nNot <b>this</b> one"
    assert link.ledger.answers.who(SLUG, Said.DECLINED) == {"1"}
    assert set(link.waits().values()) == {"withheld declined"}
    html = link.page()
    assert "Declined on " in html
    assert "Not &lt;b" not in html
    assert link.press("sign").status == 303
    assert link.ledger.tallies.totals(SLUG).signatories == 1
    assert "Signed on " in link.page()


def test_whoever_signed_does_not_decline(link: Link):
    """The page does not offer it, and an old page that is still open changes nothing."""
    link.press("sign")
    assert link.press("declined").status == 303
    assert link.ledger.answers.who(SLUG, Said.DECLINED) == set()


@pytest.mark.parametrize("text", ["x" * 501, "é" * 501])
def test_a_reason_has_its_limit(link: Link, text: str):
    """Too long is told, and nothing is kept."""
    assert link.press("declined", reason=text).fields() == ["reason"]
    assert link.ledger.answers.of(SLUG, "1") == []
    assert link.press("declined", reason=text[:500]).status == 303


def test_no_more_letters_means_none_and_to_this_candidate_alone(link: Link):
    """What waits is withheld at once, what comes later when it would leave; others are asked as before."""
    other = write(link.ledger, 3, to="2")
    assert link.press("stopped").status == 303
    assert sorted(link.waits().values()) == ["queued", "withheld asked", "withheld asked"]
    late = write(link.ledger, 4)
    for action in (late, other):
        link.ledger.letters.claim(SLUG, action, time.time() + 90)
    assert link.waits()[late] == "withheld asked"
    assert link.waits()[other] == "sending"
    assert link.ledger.suppressions.count() == 0


def test_a_wrong_address_holds_letters_until_there_is_a_better_one(link: Link, ids: Ids, pushes: dict[str, Campaign]):
    """The address is flagged for this candidate alone; a stranger's correction is not taken, the campaign's is."""
    assert link.press("wrong-address", address="mine@stranger.example").status == 303
    assert set(link.waits().values()) == {"held address-wrong"}
    assert link.ledger.candidates.get(SLUG, "1").email == "c1@candidates.example"
    assert "Reported as wrong on " in link.page()
    better = candidate(1, email="better@candidates.example")
    link.ledger.candidates.apply(SLUG, [better])
    assert link.ledger.waiting.follow(SLUG, "1").released == 2
    # The link went to a stranger: it has to die with the address.
    assert link.site.get(link.path).status == 404
    assert "Reported as wrong" not in link._replace(token=token(ids, pushes, better)).page()


def test_a_wrong_address_gives_way_to_the_second_one(link: Link, ids: Ids, pushes: dict[str, Campaign]):
    """Each address has its own link, so that the page knows which of them is meant."""
    both = candidate(1, second_email="second@candidates.example")
    link.ledger.candidates.apply(SLUG, [both])
    link.press("wrong-address")
    assert set(link.waits().values()) == {"queued"}
    claim = link.ledger.letters.claim(SLUG, next(iter(link.waits())), time.time() + 90)
    assert isinstance(claim, Claim)
    assert claim.candidates[0].email == "second@candidates.example"
    second = link._replace(token=token(ids, pushes, both.at_second()))
    assert second.token != link.token
    assert "Reported as wrong" not in second.page()
    assert second.press("wrong-address").status == 303
    assert "held address-wrong" in link.waits().values()


def test_fewer_letters_are_one_a_day(link: Link):
    """The first leaves, the others stay queued and on the agenda, for tomorrow."""
    assert link.press("less-often").status == 303
    assert set(link.waits().values()) == {"queued"}
    first, second = link.waits()
    assert isinstance(link.ledger.letters.claim(SLUG, first, time.time() + 90), Claim)
    assert not isinstance(link.ledger.letters.claim(SLUG, second, time.time() + 90), Claim)
    assert (link.waits()[first], link.waits()[second]) == ("sending", "queued")
    now_ms = int(time.time() * 1000)
    assert second not in link.ledger.agenda.due_actions(SLUG, 10, 0)
    found = link.ledger._client.zscore(f"agenda:{SLUG}", second)  # noqa: SLF001
    assert 86_000_000 < float(found or 0) - now_ms < 86_500_000
    assert "At most one a day is sent to you" in link.page()
    assert link.ledger.tallies.verify(SLUG) == []


def test_fewer_letters_are_one_mail_a_day_where_that_is_allowed(link: Link, ids: Ids, pushes: dict[str, Campaign]):
    """At once, with the hour on the page; and not any more when that is taken back."""
    push, one = pushes["old-lines"], candidate(6, constituency=OLD_SEAT)
    link = link._replace(token=token(ids, pushes, one, "old-lines"))
    assert "at most one mail a day, at about 9:00" in link.page()
    assert link.press("less-often").status == 303
    due = gathering(push, time.time()).due_ms // 1000
    assert link.ledger.summaries.all("old-lines") == {"6": due}
    assert "You get at most one mail a day, at about 9:00, with every letter in full." in link.page()
    assert link.press("take-back", said="less-often").status == 303
    assert link.ledger.summaries.all("old-lines") == {}


def test_a_no_is_taken_back_and_new_letters_go(link: Link):
    """What was withheld stays withheld, and the page says so before it is pressed; the reason is forgotten."""
    link.press("declined", reason="not now")
    link.press("stopped")
    assert "Those that were withheld stay unsent." not in link.page()  # one no alone would change nothing
    assert link.press("take-back", said="stopped").status == 303
    assert "Those that were withheld stay unsent." in link.page()
    for _ in range(2):
        assert link.press("take-back", said="declined").status == 303
    assert link.ledger.answers.of(SLUG, "1") == []
    assert link.ledger.answers.reason(SLUG, "1") == ""
    late = write(link.ledger, 4)
    assert isinstance(link.ledger.letters.claim(SLUG, late, time.time() + 90), Claim)
    assert sorted(link.waits().values()) == ["sending", "withheld declined", "withheld declined"]
    assert [one.body for one in link.ledger.events.newest(50) if one.kind == "answer.withdrawn"] == [
        "1 stopped by link",
        "1 declined by link",
    ]
    assert link.ledger.tallies.verify(SLUG) == []


def test_an_address_that_was_right_after_all_gets_its_letters(link: Link):
    """What was held for want of an address is released."""
    link.press("wrong-address")
    assert set(link.waits().values()) == {"held address-wrong"}
    assert link.press("take-back", said="wrong-address").status == 303
    assert set(link.waits().values()) == {"queued"}
    assert "Reported as wrong" not in link.page()


def test_who_wants_letters_as_before_gets_those_that_waited(link: Link):
    """They are due at once, and not only tomorrow."""
    link.press("less-often")
    for action in link.waits():
        link.ledger.letters.claim(SLUG, action, time.time() + 90)
    waiting = next(action for action, state in link.waits().items() if state == "queued")
    assert link.press("take-back", said="less-often").status == 303
    assert waiting in link.ledger.agenda.due_actions(SLUG, 10, 0)
    assert isinstance(link.ledger.letters.claim(SLUG, waiting, time.time() + 90), Claim)


@pytest.mark.parametrize("said", ["", "signed", "declined stopped", "sign"])
def test_only_an_answer_can_be_taken_back(link: Link, said: str):
    """A signature is withdrawn by writing to the campaign; it is public, so that takes more than a press."""
    before = state(link.ledger)
    assert link.press("take-back", said=said).fields() == ["answer"]
    assert state(link.ledger) == before


def test_looking_changes_nothing(link: Link):
    """Law 6: mail scanners follow links, with any method that is safe, and every link on the page."""
    before = state(link.ledger)
    for method in ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH"):
        for query in ("", "?answer=sign", "?answer=stopped&form=x"):
            answer = link.site.ask(method, link.path + query)
            assert answer.status == (200 if method in {"GET", "HEAD"} else 405), method
    for path in re.findall(r'(?:href|src|action)="(/[^"]*)"', link.page()):
        assert link.site.get(path).status == 200
    assert state(link.ledger) == before
