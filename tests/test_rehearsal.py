"""A rehearsal: every mail to one address, marked, powerless, and of no consequence in the ledger."""

from __future__ import annotations

from dataclasses import replace

from tests.actors.reporting import AT, report
from tests.actors.summing import Provider
from tests.mail.post_office import PUSH, TEMPLATES, copies, write
from tests.support.people import candidate
from workers.campaign.events import ReportsRecorded
from workers.campaign.ids import Ids
from workers.campaign.links import Links, read
from workers.campaign.outcomes import Answer, Outcome
from workers.mail.envelope import Composer
from workers.mail.templates import Templates
from workers.rehearsal import HEADER, marked, powerless, rehearse
from workers.store import Store

OPS = "ops@campaign.example"
LETTERS = write([candidate(1), candidate(2), candidate(3)], name="Ann Other")


def test_each_recipients_mail_goes_to_the_one_address_and_says_so():
    """Subject, first line of the text, top of the page, a header; and an answer goes nowhere else."""
    mails = list(marked(LETTERS, OPS))
    assert len(mails) == 3
    for mail, expected in zip(mails, [copy for one in LETTERS for copy in copies(one)], strict=True):
        (got,) = copies(mail)
        assert (got.to.addr_spec, mail.reply_to_address) == (OPS, OPS)
        assert got.subject == f"[Rehearsal] {expected.subject}"
        assert got.text.startswith("REHEARSAL: only you got this mail")
        assert got.text.endswith(expected.text)
        assert got.html.index("<body") < got.html.index("REHEARSAL") < got.html.index("Dear Candidate")
        assert mail.recipients[0].headers == {HEADER: "yes"}


def test_nothing_in_it_can_be_pressed_on_behalf_of_somebody():
    """A mail program unsubscribes by a header, and a link would sign: neither works from a rehearsal."""
    header = {"List-Unsubscribe": "<https://x.example/unsubscribe/t>", "X-Own": "1"}
    (one,) = [replace(letter, recipients=(replace(letter.recipients[0], headers=header),)) for letter in LETTERS[:1]]
    assert next(marked([one], OPS)).recipients[0].headers == {"X-Own": "1", HEADER: "yes"}
    secret = "a secret that only tests use"
    real, dead = (Links(ids, "https://campaign.example") for ids in (Ids(secret), powerless(secret)))
    letter = write([candidate(1)], by=Composer(Templates(TEMPLATES), dead))[0]
    token = letter.text.partition("/sign/")[2].split()[0]
    claim = read(token)
    assert claim
    assert (dead.address(claim, PUSH, candidate(1)), real.address(claim, PUSH, candidate(1))) == (
        candidate(1).email,
        "",
    )


def test_it_is_capped_and_stops_where_more_calls_would_do_no_good():
    """One mail that is refused is told; a provider that takes none is not asked for each."""
    assert rehearse(Provider(), LETTERS, OPS, most=2).has_more
    refused, barred = Answer(Outcome.REFUSED, 400, reason="content"), Answer(Outcome.BARRED, 401, reason="no key")
    provider = Provider([refused, barred])
    done = rehearse(provider, LETTERS, OPS)
    assert (done.sent, done.failed, len(provider.calls)) == (0, ("content", "no key"), 2)
    assert rehearse(Provider(), LETTERS, OPS).sent == 3


def test_what_is_reported_of_it_touches_no_books_and_no_suppression(store: Store):
    """A mistyped address of the operator's own must not be suppressed in earnest."""
    delivery = next(marked(LETTERS, OPS)).recipients[0].delivery
    known = {"delivery": delivery, "email": OPS, "timestamp": AT}
    told = report(store, *({**known, "event": event, "sg_event_id": event} for event in ("bounce", "spamreport")))
    assert [event.strange for event in told if isinstance(event, ReportsRecorded)] == [0]
    assert store.suppressions.count() == 0
