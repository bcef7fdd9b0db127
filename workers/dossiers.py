"""All that is known of one person, for them to read: it is theirs to ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.campaign.ids import is_person_id
from workers.campaign.intents import Intent
from workers.campaign.model import Action, Campaign, Person
from workers.errors import NotFoundError
from workers.store import Store
from workers.store.letters import Letter

#: The columns of a dossier.
COLUMNS = ("what", "campaign", "about", "at", "says", "source")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is known; ``at`` is epoch seconds, 0 where there is no time."""

    what: str
    about: str
    says: str
    at: int = 0
    campaign: str = ""
    source: str = ""

    def row(self) -> dict[str, object]:
        """By column; times in UTC."""
        at = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.at else ""
        values = (self.what, self.campaign, self.about, at, self.says, self.source)
        return dict(zip(COLUMNS, values, strict=True))


def dossier(store: Store, campaigns: Mapping[str, Campaign], person: Person) -> Iterator[Line]:
    """Everything, in the order in which people ask: who, what they agreed to, what they did, what was sent."""
    yield from identity(person)
    yield from standing(store, person)
    yield from _unconfirmed(store, person)
    yield from _mailed(store, person)
    for slug in campaigns:
        names = {one.id: f"{one.name} ({one.party})" for one in store.candidates.all(slug).values()}
        for action in store.actions.of_person(slug, person.id):
            yield from _words(action)
            for letter in store.letters.of_action(action):
                if letter.action == action.id:
                    yield _sent("letter", slug, names.get(letter.candidate, letter.candidate), letter)
        book = store.receipts.book(slug)
        for action in store.actions.of_person(book, person.id):
            for letter in store.letters.of_action(action):
                yield _sent("receipt", slug, action.subject.partition("/")[2], letter)


def _unconfirmed(store: Store, person: Person) -> Iterator[Line]:
    """Who has not confirmed yet is known by the id of what they are to confirm, and by nothing else."""
    intent = None if is_person_id(person.id) else store.intents.find(person.id)
    if isinstance(intent, Intent):
        yield Line("unconfirmed", person.id, "asked for, and not confirmed yet: it vanishes by itself")
        yield from _words(intent.action)


def _mailed(store: Store, person: Person) -> Iterator[Line]:
    """Each call and bulletin that was made for them, and what became of their copy."""
    for mailing in store.mailings.of():
        for state in store.mailings.states(mailing, [person.id]):
            if state:
                about = f"{mailing.kind} {mailing.name} {mailing.edition}"
                yield Line(mailing.kind, about, state, mailing.started_at, mailing.campaign)


def identity(person: Person) -> Iterator[Line]:
    """Who they are."""
    for about, says in (("id", person.id), ("name", person.name), ("email", person.email)):
        yield Line("person", about, says)
    yield Line("person", "postcode", person.postcode)


def standing(store: Store, person: Person) -> Iterator[Line]:
    """What they agreed to and what they do not want."""
    if profile := store.people.profile(person.id):
        yield Line("profile", "constituencies", " ".join(profile.seats))
        yield Line("profile", "language", profile.language)
        yield Line("profile", "tags", " ".join(profile.tags))
        yield Line("profile", "may be mailed for", " ".join(profile.purposes))
        for day in profile.mailed:
            yield Line("mailed", "a call or bulletin", "sent", day * 86_400)
    for agreed in sorted(person.consents, key=lambda one: one.at):
        yield Line("consent", agreed.purpose, agreed.wording, agreed.at, source=agreed.source)
    if wishes := store.people.wishes(person.id):
        yield Line("preferences", "does not want", wishes)
    try:
        for one in store.suppressions.of(store.ids.address(person.email)):
            yield Line("suppression", one.reason, "this address is not mailed any more", one.at, source=one.source)
    except NotFoundError:
        pass


def _words(action: Action) -> Iterator[Line]:
    said = f"asked for letters to {len(action.candidates)} candidates"
    for what, about, says in (
        ("action", action.id, said),
        ("own words", "subject", action.subject),
        ("own words", "message", action.message),
    ):
        if says:
            yield Line(what, about, says, action.at, action.campaign, action.source)


def _sent(what: str, campaign: str, about: str, letter: Letter) -> Line:
    why = f" ({letter.reason})" if letter.reason else ""
    return Line(what, about, f"{letter.state}{why}", letter.at, campaign)
