"""What follows what: read this first."""

from __future__ import annotations

from workers.actors.letters import send_letters, write_letters
from workers.actors.reports import record_reports
from workers.broker import Reactions
from workers.campaign.events import ActionTaken, LettersDue, ReportsReceived

REACTIONS: Reactions = {
    ActionTaken: [write_letters],
    LettersDue: [send_letters],
    ReportsReceived: [record_reports],
}
