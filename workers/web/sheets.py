"""The sheet on which a supporter writes: the candidates, the words, and the letters as they will be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workers.app import App
from workers.campaign.intents import Intent
from workers.campaign.model import Campaign, Candidate
from workers.campaign.spared import Parted, Why
from workers.mail.drafts import Words
from workers.mail.preview import Previews, Shown, Usual

#: A page with somebody's words, or with a token in its address: nobody keeps it, lists it, or passes its address on.
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
#: Stands in a letter for the name that is not typed yet.
_NOBODY = "(your name)"
#: Why candidates get no letter: said of one, and of several.
_SAYS = {
    Why.SIGNED: ("Has signed already", "Have signed already"),
    Why.ASKED: ("Wants no letters", "Want no letters"),
    Why.WITHDRAWN: ("Does not stand any more", "Do not stand any more"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Who writes what to whom; ``chosen`` are ids. ``flaws`` says what is wrong with a field, by its name."""

    name: str
    postcode: str
    candidates: Sequence[str]
    chosen: Sequence[str]
    subject: str = ""
    message: str = ""
    kept_subject: str = ""
    kept_message: str = ""
    flaws: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, intent: Intent) -> Sheet:
        """The sheet as it is kept."""
        person, action = intent.person, intent.action
        words = action.subject, action.message
        return cls(person.name, person.postcode, action.candidates, action.candidates, *words, *words)


class _Apart(NamedTuple):
    """Candidates who get no letter, and what they have in common."""

    says: str
    candidates: Sequence[Candidate]


class _Row(NamedTuple):
    """One candidate's box; ``note`` is "" if there is nothing to say."""

    id: str
    name: str
    party: str
    note: str
    ticked: bool


class Sheets:
    """Fills the pages that show a sheet."""

    def __init__(self, app: App) -> None:
        self._app, self._previews = app, Previews()

    def values(self, campaign: Campaign, sheet: Sheet) -> dict[str, object]:
        """What the templates of such a page use."""
        parted = self._app.store.parted(campaign, sheet.candidates)
        usual = self._usual(campaign, sheet)
        rows = [
            _Row(one.id, one.name, one.party, _note(one, parted.thanked), one.id in sheet.chosen)
            for one in parted.written
        ]
        return {
            "campaign": campaign,
            "name": sheet.name,
            "postcode": sheet.postcode,
            "rows": rows,
            "apart": [_Apart(_SAYS[why][len(some) > 1], some) for why, some in parted.spared.items()],
            "all_signed": not rows and set(parted.spared) == {Why.SIGNED},
            "subject": sheet.subject or usual.subject,
            "message": sheet.message or usual.message,
            "letters": self._letters(campaign, sheet, parted),
            "flaws": sheet.flaws,
            "url": f"/campaigns/{campaign.slug}",
        }

    def written(self, campaign: Campaign, candidates: Sequence[str]) -> tuple[str, ...]:
        """Those of ``candidates`` (ids) who get a letter."""
        return tuple(one.id for one in self._app.store.parted(campaign, candidates).written)

    def own_words(self, campaign: Campaign, sheet: Sheet, subject: str, message: str) -> tuple[str, str]:
        """Subject and message, each "" where it is the campaign's: so every candidate gets what is meant for them."""
        usual = self._usual(campaign, sheet)
        return "" if subject == usual.subject else subject, "" if _same(message, usual.message) else message

    def _usual(self, campaign: Campaign, sheet: Sheet) -> Usual:
        """Of all whom the sheet names: the same when it is shown and when it comes back, whoever signs meanwhile."""
        candidates = self._app.store.candidates.some(campaign.slug, sheet.candidates)
        return self._previews.usual(campaign, candidates, sheet.name, sheet.postcode)

    def _letters(self, campaign: Campaign, sheet: Sheet, parted: Parted) -> list[Shown]:
        words = Words(sheet.name or _NOBODY, sheet.postcode, sheet.kept_subject, sheet.kept_message)
        return self._previews.letters(campaign, parted.written, words, parted.thanked)


def _note(candidate: Candidate, thanked: set[str]) -> str:
    if candidate.id in thanked:
        return "has signed, and is thanked"
    return "" if candidate.email else "no address is known yet: the letter waits for one"


def _same(one: str, other: str) -> bool:
    """Browsers send other line ends than they were given."""
    return one.split() == other.split()


def day_text(campaign: Campaign, at: float) -> str:
    """A day as people write it, in the campaign's zone."""
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(campaign.time_zone))
    return f"{local.day} {local:%B %Y}"
