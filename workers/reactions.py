"""What follows what: read this first."""

from __future__ import annotations

from workers.actors.closing import tell_supporters, tell_writers, thank_candidate
from workers.actors.confirmation import ask_supporters
from workers.actors.letters import send_letters, send_summaries, write_letters
from workers.actors.mailings import gather_audience, make_edition, send_copies
from workers.actors.receipts import return_words, send_receipts
from workers.actors.reports import follow_addresses, record_reports
from workers.actors.signatures import record_signature, withhold_waiting_letters
from workers.campaign.events import (
    ActionTaken,
    AddressesRestored,
    AddressesSuppressed,
    CharterSigned,
    CharterWithdrawn,
    IntentsKept,
    LettersDue,
    LettersUndelivered,
    ReceiptsDue,
    ReportsReceived,
    SignatureReceived,
    SummariesDue,
    SupportersDue,
    WritersDue,
)
from workers.campaign.mailing_events import CopiesDue, EditionDue, MailingDue
from workers.publisher import Reactions

REACTIONS: Reactions = {
    IntentsKept: [ask_supporters],
    ActionTaken: [write_letters],
    LettersDue: [send_letters],
    SummariesDue: [send_summaries],
    LettersUndelivered: [return_words],
    ReceiptsDue: [send_receipts],
    ReportsReceived: [record_reports],
    AddressesSuppressed: [follow_addresses],
    AddressesRestored: [follow_addresses],
    SignatureReceived: [record_signature],
    CharterSigned: [withhold_waiting_letters, thank_candidate, tell_supporters],
    SupportersDue: [tell_supporters],
    WritersDue: [tell_writers],
    CharterWithdrawn: [withhold_waiting_letters],
    MailingDue: [gather_audience],
    CopiesDue: [send_copies],
    EditionDue: [make_edition],
}
