"""A rehearsal: what would be sent goes to one address instead, marked as one; nothing in the ledger moves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from workers.campaign.ids import REHEARSAL, Ids, delivery_id
from workers.campaign.outcomes import Answer, Envelope, Outcome, Recipient
from workers.mail.posting import Mailer

#: Mails in one rehearsal, unless somebody says otherwise.
MOST = 10
#: What a mail program can sort by.
HEADER = "X-Mobilise-Rehearsal"
_MARK = "[Rehearsal] "
_LINE = "REHEARSAL: only you got this mail, and its personal links lead nowhere. In earnest others would get it."
_HTML = f'<p style="margin:0;padding:10px 16px;background:#8a1c1c;color:#fff;font:bold 16px/1.4 sans-serif">{_LINE}</p>'
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
#: A mail program may press these by itself.
_PRESSED = ("list-unsubscribe", "list-unsubscribe-post")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Mails that the provider took, what it said of the others, and whether there were more than were asked for."""

    sent: int
    failed: tuple[str, ...]
    has_more: bool


def rehearse(mailer: Mailer, envelopes: Iterable[Envelope], address: str, *, most: int = MOST) -> Rehearsed:
    """Posts the first ``most`` of these mails to ``address``; stops at what is not the mail's own fault.

    Make the envelopes with links of ``powerless`` ids: a link in a rehearsal must not sign or unsubscribe anybody.
    """
    mails = marked(envelopes, address)
    sent, failed = 0, []
    for mail in islice(mails, most):
        answer = mailer.post(mail)
        if answer.outcome is Outcome.ACCEPTED:
            sent += 1
            continue
        failed.append(_said(answer))
        if answer.outcome is not Outcome.REFUSED:
            return Rehearsed(sent, tuple(failed), has_more=True)
    return Rehearsed(sent, tuple(failed), has_more=next(mails, None) is not None)


def powerless(secret: str) -> Ids:
    """Ids whose proofs open nothing: for the personal links in a rehearsal."""
    return Ids(f"of a rehearsal: {secret}")


def marked(envelopes: Iterable[Envelope], address: str) -> Iterator[Envelope]:
    """Each recipient's own mail, to ``address``; replies go there too."""
    run = f"{REHEARSAL}{secrets.token_hex(4)}"
    mails = ((envelope, one) for envelope in envelopes for one in envelope.recipients)
    for number, (envelope, one) in enumerate(mails, 1):
        yield replace(
            envelope,
            campaign=REHEARSAL,
            reply_to_name="",
            reply_to_address=address,
            subject=f"{_MARK}{envelope.subject}",
            text=f"{_LINE}\n\n{envelope.text}",
            html=_topped(envelope.html),
            recipients=(_instead(one, address, delivery_id(run, str(number))),),
        )


def _instead(one: Recipient, address: str, delivery: str) -> Recipient:
    headers = {name: value for name, value in (one.headers or {}).items() if name.lower() not in _PRESSED}
    subject = f"{_MARK}{one.subject}" if one.subject else ""
    return replace(
        one, delivery=delivery, email=address, name="Rehearsal", subject=subject, headers={**headers, HEADER: "yes"}
    )


def _topped(html: str) -> str:
    body = _BODY.search(html)
    end = body.end() if body else 0
    return f"{html[:end]}{_HTML}{html[end:]}"


def _said(answer: Answer) -> str:
    return answer.reason or f"{answer.outcome} {answer.status}"
