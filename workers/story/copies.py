"""The story of one copy of a call or bulletin, of a batch of them, and which of them a person has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from workers.campaign.mailings import Mailing, Stage
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.errors import NotFoundError
from workers.store.events import Entry
from workers.store.letters import Letter
from workers.store.pauses import covering_mailing
from workers.story.around import Around
from workers.story.evidence import Evidence
from workers.story.telling import Moment, Step, Story, clock, in_order
from workers.story.words import AROUND, COPY_MEANS, STAGES, because, copies_in_states


@dataclass(frozen=True)
class CopyStories:
    """Tells of copies: many share a batch, which the ledger keeps as it keeps an action."""

    around: Around
    evidence: Evidence

    def copy(self, copy: Letter) -> Story:
        """Of one copy, whose mailing is in the ledger."""
        mailing, batch = self._mailing(copy.campaign), self.around.store.actions.get(copy.action)
        zone = self.around.zone(mailing.campaign)
        moments = [*self._before(mailing, batch, copy), *self.evidence.said(copy.id), *self.evidence.said(batch.id)]
        if copy.state is not State.QUEUED:
            moments.append(Moment(copy.at, f"letters.{copy.state}", f"It is {copy.state}{_why(copy)}.", "ledger"))
        now = [f"{copy.state}. {COPY_MEANS[copy.state]}{_why(copy)}."]
        steps = list(_next(copy))
        if copy.state is State.QUEUED:
            hindered, more = self._hindrances(mailing)
            now, steps = now + hindered, steps + more
        if copy.message_id:
            now.append(f"The provider knows its call as {copy.message_id}.")
        steps.append(_status(mailing))
        row: dict[str, object] = {
            "letter": copy.id,
            "batch": batch.id,
            "state": copy.state.value,
            "reason": copy.reason,
        }
        row["since"] = copy.at
        kind = f"copy of the {_named(mailing)}"
        return Story(kind, copy.id, mailing.campaign, zone, in_order(moments), now, steps, [row])

    def batch(self, batch: Action) -> Story:
        """Of an order: hundreds of copies, by their states."""
        mailing, zone = self._mailing(batch.campaign), self.around.zone(batch.campaign.partition("/")[0])
        counts = dict(Counter(copy.state.value for copy in self.around.store.letters.of_action(batch)))
        moments = in_order([*self._before(mailing, batch, None), *self.evidence.said(batch.id)])
        kind = f"batch of the {_named(mailing)}"
        now = copies_in_states(counts)
        return Story(kind, batch.id, mailing.campaign, zone, moments, now, [_status(mailing)], counts=counts)

    def of(self, person: str) -> Iterator[tuple[Mailing, Letter]]:
        """Each call and bulletin in whose audience somebody is, with their copy."""
        store = self.around.store
        for mailing in store.mailings.of():
            if mailing.started_at and (copy := store.mailings.copy_of(mailing, person)):
                try:
                    yield mailing, store.letters.get(copy)
                except NotFoundError:
                    continue

    def moment(self, mailing: Mailing, copy: Letter) -> Moment:
        """That somebody is in its audience, and what became of it."""
        said = f"They are in the audience of the {_named(mailing)}: their copy ({copy.id}) is {copy.state}{_why(copy)}."
        return Moment(mailing.started_at, "mailing.started", said, "ledger")

    def _mailing(self, book: str) -> Mailing:
        return self.around.store.mailings.get(book)

    def _before(self, mailing: Mailing, batch: Action, copy: Letter | None) -> Iterator[Moment]:
        size, at = len(batch.candidates), batch.at
        yield Moment(at, "copies.written", f"Its batch of {size} was written into the ledger.", "ledger")
        for taken_at, people in self.evidence.claims(batch.id):
            if copy is None or copy.candidate in people:
                said = f"A worker took {len(people)} of its batch in hand, and noted so before it called the provider."
                yield Moment(taken_at, "letters.claimed", said, "journal")
        for entry in self.evidence.events(mailing.started_at or at):
            if said := _told(entry, mailing, batch, copy):
                yield Moment(entry.at, entry.kind, said, "events")

    def _hindrances(self, mailing: Mailing) -> tuple[list[str], list[Step]]:
        said, steps = [], []
        pauses, zone = self.around.store.pauses.all(), self.around.zone(mailing.campaign)
        for scope in (scope for scope in covering_mailing(mailing.book) if scope in pauses):
            why = pauses[scope]
            said.append(
                f"Paused: {scope}, since {clock(why.at, zone)}{f', by {why.by}' if why.by else ''}: {why.reason}."
            )
            own = scope.startswith("mailing:")
            command = f"{mailing.kind}s resume {mailing.name} --edition {mailing.edition}"
            if not own:
                kind, _, name = scope.partition(":")
                command = f"queues resume {name}" if kind == "queue" else f"campaigns resume {name or scope}"
            steps.append(Step("When the cause is mended", f"mobilise {command}"))
        if hold := self.around.store.pauses.hold_ms():
            said.append(f"The provider asked to be left alone for another {hold / 1000:.0f} s.")
        if mailing.stage is not Stage.SENDING:
            said.append(f"Its mailing is {mailing.stage}: {STAGES[mailing.stage]}.")
        return said, steps


def _told(entry: Entry, mailing: Mailing, batch: Action, copy: Letter | None) -> str:
    """What an entry of the stream says of a batch or its copy; "" if nothing."""
    words, (noun, _, what) = entry.body.split(" "), entry.kind.partition(".")
    if noun == "mailing" and entry.campaign == mailing.book:
        return f"The {mailing.kind} is {what}: {STAGES[Stage(what)]}." if what in {*Stage} else ""
    if noun == "letters" and words[0] == batch.id and words[-1].isdigit():
        return f"Of its batch {words[-1]} {'is' if words[-1] == '1' else 'are'} {what} now."
    if entry.kind == "letters.settled" and copy and words[0] == copy.id:
        return f"An operator ({words[-1]}) settled it: {words[1]}."
    if entry.kind in AROUND and noun in {"sending", "breaker", "ledger"}:
        here = entry.campaign in ("", mailing.campaign, mailing.book)
        return f"{AROUND[entry.kind]}: {entry.body}." if here else ""
    return ""


def _next(copy: Letter) -> Iterator[Step]:
    if copy.state is State.UNKNOWN:
        yield Step(
            "A report settles most of these by itself. If it did leave (the provider's activity page may tell)",
            f"mobilise letters settle {copy.id} --accepted",
        )
        yield Step("If it did not, at the risk that it arrives twice", f"mobilise letters settle {copy.id} --resend")


def _status(mailing: Mailing) -> Step:
    return Step("How the others fared", f"mobilise {mailing.kind}s status {mailing.name} --edition {mailing.edition}")


def _named(mailing: Mailing) -> str:
    return f"{mailing.kind} {mailing.name}, edition {mailing.edition}"


def _why(copy: Letter) -> str:
    return f", for {because(copy.reason)}" if copy.reason else ""
