"""The stories of a candidate, of a person and of a trace: many letters, in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from workers.campaign.answers import Said
from workers.campaign.ids import Ids
from workers.campaign.model import Candidate
from workers.campaign.states import State
from workers.errors import NotFoundError
from workers.logbook.sifting import Wanted
from workers.store.events import Entry
from workers.store.letters import Letter
from workers.story.around import Around
from workers.story.copies import CopyStories
from workers.story.evidence import Evidence, line_moment
from workers.story.telling import Moment, Step, Story, clock, in_order, letters_in_words
from workers.story.words import AROUND, because, happened, in_states

#: Actions of a candidate that are looked at for the next due time.
_LOOKED = 5000


@dataclass(frozen=True)
class OtherStories:
    """Tells of what many letters belong to."""

    copies: CopyStories
    ids: Ids

    @property
    def around(self) -> Around:
        """The ledger and the campaigns."""
        return self.copies.around

    @property
    def evidence(self) -> Evidence:
        """Where stories are read from."""
        return self.copies.evidence

    def candidate(self, slug: str, candidate_id: str) -> Story:
        """NotFoundError if the campaign has no candidate of that id."""
        store = self.around.store
        candidate = store.candidates.get(slug, candidate_id)
        counts = dict(store.tallies.show(slug).candidates.get(candidate_id, {}))
        now = [*_standing(candidate), *self._said(slug, candidate_id)]
        now += in_states(counts)
        steps = [
            Step("Letters to them, one by one", f"mobilise letters list --campaign {slug} --candidate {candidate_id}")
        ]
        if due := self._next_due(slug, candidate_id):
            waiting, more = self.around.waiting(slug, candidate_id, due)
            now += [f"The next letter is {waiting[0]}", *waiting[1:]]
            steps += more
        if counts.get(State.HELD):
            command = f"mobilise candidates import FILE --campaign {slug}"
            steps.append(Step("Find a better address and import it: what waits then leaves by itself", command))
        moments = in_order(self._happened(slug, candidate_id))
        return Story("candidate", candidate_id, slug, self.around.zone(slug), moments, now, steps, counts=counts)

    def person(self, person_id: str) -> Story:
        """All that the ledger knows of a person's letters and mailings; NotFoundError if it knows nothing."""
        letters, copies = list(self._letters_of(person_id)), list(self.copies.of(person_id))
        moments = [*self._consents(person_id), *self.evidence.said(person_id)]
        moments += [self.copies.moment(mailing, copy) for mailing, copy in copies]
        kept = bool(moments) or self._is_kept(person_id)
        if not letters and not kept:
            raise NotFoundError(f"there is no person {person_id}, in no campaign of this machine")
        actions = list(dict.fromkeys(letter.action for letter in letters))
        for action in self.around.store.actions.get_many(actions):
            said = f"They acted in {action.campaign}: {action.id}, {letters_in_words(len(action.candidates))}."
            moments.append(Moment(action.at, "action.taken", said, "ledger"))
        counts = dict(Counter(letter.state.value for letter in letters))
        now = in_states(counts)
        now.append("Their record is kept." if self._is_kept(person_id) else "Nothing of themselves is kept any more.")
        slug = next((one.campaign.partition("/")[0] for one in [*letters, *(copy for _, copy in copies)]), "")
        steps = [Step("One of their actions", f"mobilise explain {action}") for action in actions[:10]]
        steps += [Step(f"Their copy of a {one.kind}", f"mobilise explain {copy.id}") for one, copy in copies[:10]]
        rows = [_row(letter) for letter in letters]
        return Story("person", person_id, slug, self.around.zone(slug), in_order(moments), now, steps, rows, counts)

    def trace(self, trace: str, slug: str = "") -> Story:
        """What the log says of one request; NotFoundError if it says nothing."""
        lines = self.evidence.lines(Wanted(trace=trace))
        if not lines:
            mend = (
                "the log folder ([log] folder) keeps the newest lines only; `mobilise logs --trace` reads other files"
            )
            raise NotFoundError(f"no line of the log has the trace {trace} ({mend})")
        slug = slug or next((str(line["campaign"]) for line in lines if line.get("campaign")), "").partition("/")[0]
        actions = dict.fromkeys(action for line in lines for action in _actions(line))
        steps = [Step("One of its actions", f"mobilise explain {action}") for action in list(actions)[:10]]
        now = [f"Lines of the log that belong to it: {len(lines)}."]
        moments = in_order(line_moment(line) for line in lines)
        return Story("trace", str(lines[0].get("trace", trace)), slug, self.around.zone(slug), moments, now, steps)

    def _said(self, slug: str, candidate: str) -> Iterator[str]:
        zone = self.around.zone(slug)
        if signature := self.around.store.signatures.find(slug, candidate):
            yield f"They signed the charter on {clock(signature.at, zone)}: nobody asks them any more."
        for answer in self.around.store.answers.of(slug, candidate):
            yield f"They said so on {clock(answer.at, zone)}: {_ANSWERS[answer.said]}."

    def _next_due(self, slug: str, candidate: str) -> float:
        """When the first of the queued letters may leave; 0 if none is queued."""
        store = self.around.store
        ids = list(islice(store.waiting.actions(slug, candidate), _LOOKED))
        letters = (letter for _, found in store.letters.of_actions(store.actions.get_many(ids)) for letter in found)
        due = [letter.at for letter in letters if letter.candidate == candidate and letter.state is State.QUEUED]
        return min(due, default=0)

    def _happened(self, slug: str, candidate: str) -> Iterator[Moment]:
        """Single events, and each kind of letter event folded into one moment."""
        folded: dict[str, list[Entry]] = {}
        for entry in self.evidence.events(0, candidate):
            words = entry.body.replace(",", " ").split(" ")
            if entry.campaign != slug or candidate not in words:
                continue
            if entry.kind in AROUND:
                more = "" if entry.kind.startswith("charter.") else f": {' '.join(words[1:])}"
                yield Moment(entry.at, entry.kind, f"{AROUND[entry.kind]}{more}.", "events")
            elif entry.kind.startswith("letters."):
                folded.setdefault(entry.kind, []).append(entry)
        for kind, entries in folded.items():
            yield _fold(kind, entries, self.around.zone(slug))

    def _letters_of(self, person_id: str) -> Iterator[Letter]:
        for slug in self.around.campaigns:
            yield from self.around.store.letters.of_group(self.ids.group(slug, "letter", "", person_id))

    def _is_kept(self, person_id: str) -> bool:
        try:
            self.around.store.people.get(person_id)
        except NotFoundError:
            return False
        return True

    def _consents(self, person_id: str) -> Iterator[Moment]:
        try:
            person = self.around.store.people.get(person_id)
        except NotFoundError:
            return
        for consent in person.consents:
            given, _, taken_back = consent.purpose.partition("withdrawn:")
            if taken_back:
                yield Moment(consent.at, "person.withdrew", f"They took back their consent to {taken_back}.", "ledger")
            else:
                yield Moment(consent.at, "person.consented", f"They consented to: {given}.", "ledger")


_ANSWERS = {
    Said.DECLINED: "they do not sign. Letters to them are withheld",
    Said.STOPPED: "they are not to be written to. Letters to them are withheld",
    Said.WRONG_ADDRESS: "an address is not theirs. Letters go to another one, or are held",
    Said.LESS_OFTEN: "at most one mail a day",
}


def _standing(candidate: Candidate) -> Iterator[str]:
    """Whether they stand and how many addresses are known: never which."""
    known = sum(bool(address) for address in (candidate.email, candidate.second_email))
    stands = "stands" if candidate.is_standing else "does not stand any more"
    yield f"The candidate {stands}; {('no address is', 'one address is', 'two addresses are')[known]} known."


def _fold(kind: str, entries: list[Entry], zone: str) -> Moment:
    """Many events of one kind, as the first of them with how many followed and until when."""
    state = kind.partition(".")[2]
    words = entries[0].body.split(" ")
    reason = words[1] if len(words) == 3 and words[2].isdigit() and words[1] != "-" else ""
    number = sum(int(entry.body.rpartition(" ")[2]) if reason else 1 for entry in entries)
    last = f" Until {clock(entries[-1].at, zone)}." if len(entries) > 1 else ""
    said = happened(state, number).rstrip(".")
    return Moment(entries[0].at, kind, f"{said}{f', for {because(reason)}' if reason else ''}.{last}", "events")


def _actions(line: dict[str, object]) -> Iterable[str]:
    if action := line.get("action"):
        yield str(action)
    actions = line.get("actions")
    yield from map(str, actions) if isinstance(actions, list) else ()


def _row(letter: Letter) -> dict[str, object]:
    return {"letter": letter.id, "campaign": letter.campaign, "action": letter.action, "state": letter.state.value}
