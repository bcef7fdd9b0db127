"""The story of one letter, and of an action with all its letters."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.campaign.intents import SUBSCRIBED, Intent, Over
from workers.campaign.mailings import of_book
from workers.campaign.model import Action
from workers.campaign.states import WAITING, State
from workers.errors import NotFoundError
from workers.store.events import Entry
from workers.store.letters import Letter
from workers.story.around import Around
from workers.story.copies import CopyStories
from workers.story.evidence import Evidence
from workers.story.telling import Moment, Step, Story, clock, in_order, letters_in_words
from workers.story.words import AROUND, EVERYWHERE, MEANS, because, happened, in_states, letter_next


@dataclass(frozen=True)
class LetterStories:
    """Tells of letters, receipts and actions; of copies of calls and bulletins ``copies`` does."""

    around: Around
    evidence: Evidence
    copies: CopyStories

    def letter(self, letter_id: str) -> Story:
        """NotFoundError if there is no such letter."""
        store = self.around.store
        letter = store.letters.get(letter_id)
        if of_book(letter.campaign):
            return self.copies.copy(letter)
        slug, _, book = letter.campaign.partition("/")
        action = store.actions.get(letter.action)
        moments = [*self._before(action, [letter]), *_last([letter])]
        moments += self.evidence.said(letter.id) + self.evidence.said(action.id, letter=letter.id)
        now, steps = self._standing(letter, slug)
        kind = "receipt" if book else "letter"
        return Story(kind, letter.id, slug, self.around.zone(slug), in_order(moments), now, steps, [self._row(letter)])

    def action(self, action_id: str) -> Story:
        """Of an action that was taken, or that waits for its supporter's word; NotFoundError if there is none."""
        try:
            action = self.around.store.actions.get(action_id)
        except NotFoundError:
            return self._aside(action_id)
        if of_book(action.campaign):
            return self.copies.batch(action)
        slug = action.campaign.partition("/")[0]
        letters = self.around.store.letters.of_action(action)
        moments = self._before(action, letters) + self.evidence.said(action.id)
        moments += _last(letters)
        steps = [step for letter in letters for step in self._standing(letter, slug)[1]]
        counts = dict(Counter(letter.state.value for letter in letters))
        unwritten = len(action.candidates) - len(letters)
        now = in_states(counts)
        now += [f"{letters_in_words(unwritten)} not written yet; the clock sees to it."] if unwritten else []
        rows = [self._row(letter) for letter in letters]
        order = in_order(moments)
        return Story("action", action.id, slug, self.around.zone(slug), order, now, _once(steps), rows, counts)

    def _aside(self, intent_id: str) -> Story:
        found = self.around.store.intents.find(intent_id)
        if found is None:
            raise NotFoundError(f"there is no action {intent_id}, or nothing is kept of it any more")
        events = self.evidence.events(0, intent_id)
        moments = in_order([*(_around(entry) for entry in events), *self.evidence.said(intent_id)])
        if isinstance(found, Over):
            slug = next((entry.campaign for entry in self.evidence.events(0, intent_id)), "")
            now = [f"It was kept aside, and is {found.how} now."]
            if found.action == SUBSCRIBED:
                now.append("Nobody was written to: somebody asked to hear from the campaign, and is on the list.")
            became = "" if found.action == SUBSCRIBED else found.action
            steps = [Step("The action that it became", f"mobilise explain {became}")] if became else []
            return Story("unconfirmed action", intent_id, slug, self.around.zone(slug), moments, now, steps)
        return self._unconfirmed(found, moments)

    def _unconfirmed(self, intent: Intent, moments: Sequence[Moment]) -> Story:
        slug = intent.action.campaign
        zone, gone = self.around.zone(slug), time.time() + self.around.store.intents.seconds_left(intent.id)
        asked = f"Its supporter was asked by mail {intent.asked} time(s){' and reminded' if intent.reminded else ''}."
        now = [
            f"It is kept aside until its supporter confirms it. {asked if intent.asked else 'Nobody was asked yet.'}",
            f"Without a word it is gone on {clock(gone, zone)}. No letter of it is written before.",
        ]
        what = "to hear from the campaign" if intent.is_subscription else "for the action"
        taken = Moment(intent.action.at, "action.unconfirmed", f"Somebody without a key asked {what}.", "ledger")
        return Story("unconfirmed action", intent.id, slug, zone, in_order([taken, *moments]), now)

    def _before(self, action: Action, letters: Sequence[Letter]) -> list[Moment]:
        """What happened to these letters of an action, as far as it is remembered."""
        recipients = [letter.candidate for letter in letters]
        waits = not letters or any(letter.state in WAITING for letter in letters)
        until = math.inf if waits else max(letter.at for letter in letters) + 1
        what = "The receipt was ordered." if "/" in action.campaign else f"The action {action.id} was taken."
        moments = [Moment(action.at, "action.taken", what, "ledger")]
        for at, candidates in self.evidence.claims(action.id):
            if set(candidates) & set(recipients):
                said = f"A worker took {_of(len(candidates))} in hand, and noted so before it called the provider."
                moments.append(Moment(at, "letters.claimed", said, "journal"))
        for entry in self.evidence.events(action.at):
            if entry.at < until or not entry.kind.startswith(EVERYWHERE):
                moments += _told(entry, action, recipients)
        return moments

    def _standing(self, letter: Letter, slug: str) -> tuple[list[str], list[Step]]:
        """Where it stands, and what can be done."""
        reason = letter.reason
        now = [f"{letter.state.value}. {MEANS[letter.state]}{f', for {because(reason)}' if reason else ''}."]
        steps = letter_next(letter.id, slug, letter.state, reason)
        if letter.state is State.QUEUED:
            now, more = self.around.waiting(slug, letter.candidate, letter.at, why=because(reason) if reason else "")
            steps += more
        if letter.summary:
            now.append(f"It goes in a daily summary, with others to this candidate: {letter.summary}.")
        if letter.message_id:
            now.append(f"The provider knows its call as {letter.message_id}.")
        if letter.said:
            steps.append(Step("What the receiving server said of it", f"mobilise letters show {letter.id}"))
        return now, steps

    def _row(self, letter: Letter) -> dict[str, object]:
        due = letter.at if letter.state is State.QUEUED else None
        return {
            "letter": letter.id,
            "candidate": letter.candidate,
            "state": letter.state.value,
            "reason": letter.reason,
            "since": None if due else letter.at,
            "due": due,
            "call": letter.message_id,
        }


def _last(letters: Sequence[Letter]) -> Iterator[Moment]:
    """The newest move of each as the ledger has it; a queued one has its due time there, which is no move."""
    for letter in letters:
        if letter.state is not State.QUEUED:
            what = f"The letter to {letter.candidate}" if len(letters) > 1 else "It"
            why = f", for {because(letter.reason)}" if letter.reason else ""
            yield Moment(letter.at, f"letters.{letter.state.value}", f"{what} is {letter.state.value}{why}.", "ledger")


def _told(entry: Entry, action: Action, recipients: Sequence[str]) -> Iterator[Moment]:
    """What an entry of the stream says about an action's letters to these recipients; nothing if it says nothing."""
    noun, _, state = entry.kind.partition(".")
    words = entry.body.split(" ")
    ids = {f"{action.group}-{recipient}" for recipient in recipients}
    if noun in {"letters", "receipt"} and words[0] == action.id:
        named = [one for one in (words[2].split(",") if len(words) > 2 else recipients) if one in recipients]
        if named:
            number = int(words[1]) if len(words) == 2 and words[1].isdigit() else len(named)
            yield _moment(entry, happened(state, number if len(recipients) > 1 or state == "written" else 0))
    elif entry.kind == "letters.settled" and words[0] in ids:
        yield _moment(entry, f"An operator ({words[-1]}) settled it: {words[1]}.")
    elif noun == "letters" and entry.campaign == action.campaign and words[0] in recipients and len(words) == 3:
        said = f"{happened(state, int(words[2]), '' if words[1] == '-' else words[1])[:-1]}, all to {words[0]}."
        yield _moment(entry, said)
    elif entry.kind in AROUND and _concerns(entry, action, recipients):
        yield _around(entry)


def _concerns(entry: Entry, action: Action, recipients: Sequence[str]) -> bool:
    first = entry.body.split(" ")[0]
    if entry.kind.startswith("action."):
        return first == action.id
    slug = action.campaign.partition("/")[0]
    if entry.kind.startswith(("charter.", "candidate.", "answer.")):
        return entry.campaign == slug and first in recipients
    return entry.campaign in ("", slug)


def _around(entry: Entry) -> Moment:
    said = AROUND.get(entry.kind, entry.kind)
    body = "" if entry.kind.startswith(("charter.", "action.")) else f": {entry.body}"
    return _moment(entry, f"{said}{body}.")


def _moment(entry: Entry, says: str) -> Moment:
    return Moment(entry.at, entry.kind, says, "events")


def _of(number: int) -> str:
    return "it" if number == 1 else letters_in_words(number)


def _once(steps: Sequence[Step]) -> list[Step]:
    return list(dict.fromkeys(steps))[:10]
