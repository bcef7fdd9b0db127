"""What is kept aside until its supporter confirms it; unconfirmed personal data vanishes by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from workers.campaign.addresses import mailbox
from workers.campaign.ids import Ids
from workers.campaign.intents import DISOWNED, WITHDRAWN, Intent, Over, Patience, Question, confirmed
from workers.campaign.model import Action, Person
from workers.campaign.profile import own_profile
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode_action = msgspec.json.Decoder(Action).decode
_decode_person = msgspec.json.Decoder(Person).decode

#: Seconds after which who asks again is mailed again, and for which a link remembers what was decided.
_AGAIN_S, _REMEMBERED_S = 300, 90 * 86_400
_FIELDS = ("over", "intent", "print", "asks", "asked", "asked_at", "reminded")


class Intents:
    """The intents of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, ids: Ids) -> None:
        self._client = client
        self._scripts = scripts
        self._ids = ids

    def keep(self, intent: Intent, patience: Patience, *, nudge_at_ms: int) -> bool:
        """Keeps an intent aside, the newest words of it; False if its action was taken already."""
        campaign, now = intent.action.campaign, int(time.time())
        named = [keys.intent(intent.id), keys.person(intent.id), keys.intents(campaign), keys.action(intent.id)]
        args: list[Argument] = [intent.id, now, nudge_at_ms, patience.gone_s, _AGAIN_S]
        args += [_encode(intent.action), _encode(intent.person), intent.print]
        return bool(self._scripts.call("keep_intent", named, args))

    def find(self, intent_id: str) -> Intent | Over | None:
        """What is kept, or how it was decided on; None if it is gone, or never was."""
        return self.find_many([intent_id])[0]

    def find_many(self, intent_ids: Sequence[str]) -> list[Intent | Over | None]:
        """The same for many, in the order asked."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            for intent_id in intent_ids:
                pipeline.hmget(keys.intent(intent_id), _FIELDS)
                pipeline.get(keys.person(intent_id))
            found = pipeline.execute()
        return [_found(fields, person) for fields, person in zip(found[::2], found[1::2], strict=True)]

    def count(self, campaign: str) -> int:
        """How many actions wait for their supporter's word."""
        with reachable():
            return int(self._client.zcard(keys.intents(campaign)))

    def seconds_left(self, intent_id: str) -> int:
        """How long it will still be kept."""
        with reachable():
            return max(0, int(self._client.ttl(keys.intent(intent_id))))

    def may_ask(self, intent: Intent, question: Question, number: int, patience: Patience) -> bool | None:
        """Whether this mail may go to its address today; None if no such mail may."""
        email = intent.person.email
        box, plain = self._mailbox(email), self._ids.address(email)
        named = [keys.questions(box), keys.disowned(intent.action.campaign, box), keys.SUPPRESSIONS]
        args: list[Argument] = [f"{intent.id} {question} {number}", int(time.time()), patience.mails]
        args += [plain, box]
        verdict = self._scripts.call("reserve_question", named, args)
        return None if verdict < 0 else bool(verdict)

    def note(self, intent: Intent, next_at: float, question: Question | None = None, number: int = 0) -> bool:
        """Which mail an intent has had, and when to look at it next (epoch s); False if it is not kept any more."""
        field = "reminded" if question is Question.REMINDER else "asked" if question else ""
        named = [keys.intent(intent.id), keys.intents(intent.action.campaign)]
        args: list[Argument] = [intent.id, int(time.time()), int(next_at * 1000), field, number]
        return bool(self._scripts.call("ask_intent", named, args))

    def edit(self, shown: Intent, changed: Intent) -> str:
        """Changes what was ``shown``; "kept", "changed" (by somebody else), "gone", or how it was decided on."""
        args: list[Argument] = [shown.print, _encode(changed.action), changed.print]
        return _word(self._scripts.call("edit_intent", [keys.intent(shown.id)], args))

    def confirm(self, shown: Intent, wanted: Intent, *, nudge_at_ms: int, seats: Sequence[str] = ()) -> str:
        """Takes the action as it is ``wanted``, if what is kept is what was ``shown``; answers as ``edit`` does.

        ``seats`` are the constituencies of the person's postcode.
        """
        action, person, consents = confirmed(self._ids, wanted, int(time.time()))
        campaign = action.campaign
        named = [keys.intent(shown.id), keys.person(shown.id), keys.intents(campaign)]
        named += [keys.action(action.id), keys.person(person.id), keys.consents(person.id)]
        named += [keys.actions(campaign), keys.unwritten(campaign), keys.throwaway(campaign)]
        args: list[Argument] = [campaign, shown.id, shown.print, action.id, _encode(action), _encode(person)]
        agreed = [consent.purpose for consent in consents]
        args += [nudge_at_ms, _REMEMBERED_S, own_profile(self._ids, person.email, seats, agreed).pack()]
        args += [word for consent in consents for word in (consent.purpose, _encode(consent))]
        return _word(self._scripts.call("confirm_intent", named, args))

    def withdraw(self, intent: Intent) -> str:
        """Its supporter takes it back; "withdrawn", "gone", or how it was decided on before."""
        return self._end(intent, WITHDRAWN)

    def disown(self, intent: Intent, patience: Patience) -> str:
        """It was somebody else: no mail of this kind for a while; answers as ``withdraw`` does."""
        return self._end(intent, DISOWNED, patience.quiet_s)

    def drop(self, intent: Intent) -> str:
        """Nobody can be asked: it is forgotten."""
        return self._end(intent, "")

    def forget(self, campaign: str, intent_id: str) -> None:
        """It is gone by itself, and nothing has to be done about it any more."""
        with reachable():
            self._client.zrem(keys.intents(campaign), intent_id)

    def _end(self, intent: Intent, how: str, quiet_s: int = 0) -> str:
        campaign = intent.action.campaign
        disowned = keys.disowned(campaign, self._mailbox(intent.person.email))
        named = [keys.intent(intent.id), keys.person(intent.id), keys.intents(campaign), disowned]
        return _word(self._scripts.call("end_intent", named, [campaign, intent.id, how, _REMEMBERED_S, quiet_s]))

    def _mailbox(self, email: str) -> str:
        """The id under which the mails to somebody are counted."""
        return self._ids.address(mailbox(email))


def _found(fields: list[bytes | None], person: bytes | None) -> Intent | Over | None:
    over, action, fingerprint, *numbers = fields
    if over:
        how, _, became = over.decode().partition(" ")
        return Over(how, became)
    if not action or not person:
        return None
    asks, asked, asked_at, reminded = (int(number or 0) for number in numbers)
    printed = (fingerprint or b"").decode()
    return Intent(_decode_action(action), _decode_person(person), asks, asked, asked_at, bool(reminded), printed)


def _word(reply: Any) -> str:
    """The script's first word."""
    return str(reply.decode()).partition(" ")[0]
