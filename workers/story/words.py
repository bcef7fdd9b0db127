"""The sentences: what each state and reason means, what happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping

from workers.campaign.mailings import Stage
from workers.campaign.states import State
from workers.story.telling import Step, letters_in_words

#: Where a letter stands, for who does not know the words of the ledger.
MEANS = {
    State.HELD: "It waits, because it cannot be sent as things are",
    State.QUEUED: "It waits for its turn",
    State.SENDING: "A worker has it in hand just now, for as long as [clock] claim_s says",
    State.ACCEPTED: "The provider took it, and has not reported yet what became of it. It counts as a contact",
    State.DELIVERED: "The receiving mail server took it. It counts as a contact",
    State.BOUNCED: "It came back. It does not count as a contact",
    State.COMPLAINED: "It was delivered, then marked as spam. It counts as a contact; that address gets no more mail",
    State.REJECTED: "The provider refuses this letter for good",
    State.UNKNOWN: "It may have left and nobody can tell yet: no machine sends it again",
    State.WITHHELD: "It is not sent, on purpose and for good",
    State.CANCELLED: "It was called off",
}

#: The same for a copy of a call or bulletin, which is nobody's contact.
COPY_MEANS = MEANS | {
    State.ACCEPTED: "The provider took it, and has not reported yet what became of it",
    State.DELIVERED: "The receiving mail server took it",
    State.BOUNCED: "It came back",
    State.COMPLAINED: "It was delivered, then marked as spam: that address gets no more mail",
    State.REJECTED: "The provider refuses this copy",
}

#: How far a mailing has come.
STAGES = {
    Stage.DRAFT: "it can be looked at and tested",
    Stage.APPROVED: "it may start",
    Stage.GATHERING: "its audience is written to the ledger",
    Stage.SENDING: "its copies leave",
    Stage.FINISHED: "nothing of it waits any more",
    Stage.CANCELLED: "what waited is not sent",
    Stage.SKIPPED: "it would have been empty, or too late",
    Stage.OVERDUE: "its time passed while nobody was there, and an operator decides",
}

#: The same for many letters, in few words.
MANY = {
    State.HELD: "waiting for an address, or for time",
    State.QUEUED: "waiting for their turn",
    State.SENDING: "in the hands of a worker just now",
    State.ACCEPTED: "taken by the provider, without a report yet: contacts",
    State.DELIVERED: "taken by the receiving mail servers: contacts",
    State.BOUNCED: "came back",
    State.COMPLAINED: "delivered, then marked as spam: contacts",
    State.REJECTED: "refused by the provider for good",
    State.UNKNOWN: "may have left, and nobody can tell yet",
    State.WITHHELD: "not sent, on purpose and for good",
    State.CANCELLED: "called off",
}

#: Why, for the reasons that the scripts give; a provider's own words stand for themselves.
REASONS = {
    "no-address": "no address of the candidate is known",
    "address-bounced": "every known address of the candidate bounced, or is suppressed",
    "address-wrong": "the candidate said that the address is not theirs",
    "no-time": "at this pace no time is left before the campaign ends",
    "signed": "the candidate has signed",
    "unsigned": "the signature that it thanks for, or tells of, was withdrawn",
    "withdrawn": "the candidate stands no more",
    "declined": "the candidate declined to sign",
    "asked": "the candidate asked not to be written to",
    "suppressed": "the person said no to mail at this address",
    "closed": "the campaign was closed",
    "person-gone": "nothing is kept any more of who wrote it",
    "second-address": "it goes to the candidate's second address, the first one bounced",
    "sender-lost": "the worker that was sending it was lost",
    "claim-too-old": "the worker came to it too late",
    "stopping": "the worker was about to stop",
    "not-written": "it could not be written",
    "not-reached": "the worker did not come to it soon enough",
    "journal": "the worker could not note it in its journal",
    "hard": "the receiving server refused the address for good",
    "soft": "the receiving server refused it for the time being, too often",
    "blocked": "the receiving server blocked it",
    "dropped": "the provider dropped it, for it knows the address as bad",
    "operator": "an operator decided so",
    "opted-out": "its reader left, or took back the consent",
    "enough-mail": "its reader had as many mails this week as are allowed",
    "seldom": "its reader wants at most one mail in four weeks",
    "cancelled": "an operator cancelled the mailing",
    "campaign-over": "the campaign takes no letters any more",
    "retried": "an operator lets what failed be tried again",
    "settled-by-hand": "an operator decided so",
    "unclaimed": "the ledger was away when a worker took it in hand",
    "ledger-went-back": "Redis went back in time, and it may have left before",
    "not-production": "the address is real and this is not production: see mail.allowed",
}

_HAPPENED = {
    "written": "{} written into the ledger",
    "queued": "{} queued again: surely not sent",
    "accepted": "{} accepted by the provider",
    "delivered": "{} reported as delivered",
    "bounced": "{} reported as bounced",
    "complained": "{} reported as marked as spam",
    "rejected": "{} refused by the provider for good",
    "unknown": "{} may have left: unknown, until a report or an operator settles it",
    "withheld": "{} withheld",
    "held": "{} held",
}

#: Events about a candidate or a campaign that change what becomes of letters.
AROUND = {
    "charter.signed": "The candidate signed the charter: letters that wait are withheld",
    "charter.withdrawn": "The candidate's signature was withdrawn",
    "charter.corrected": "The candidate's signature was corrected",
    "candidate.answered": "The candidate answered",
    "answer.withdrawn": "An answer of the candidate was taken back",
    "sending.paused": "Sending was paused",
    "sending.resumed": "Sending went on",
    "breaker.opened": "The campaign's breaker opened: too many letters came to no good",
    "campaign.opened": "An operator opened the campaign",
    "campaign.closed": "An operator closed the campaign",
    "ledger.went_back": "Redis was found to have gone back in time: everything was paused",
    "ledger.accepted": "An operator accepted the ledger as it is: sending went on",
    "action.confirmed": "The supporter confirmed the action",
    "action.withdrawn": "The supporter took the action back",
    "action.disowned": "The action was not its supporter's: it was forgotten",
}
#: Those that are about all letters of a campaign: of no interest for one that has left.
EVERYWHERE = ("sending.", "breaker.", "campaign.", "ledger.")


def happened(state: str, number: int = 0, reason: str = "") -> str:
    """A sentence about one letter (``number`` 0) or several."""
    what = f"{letters_in_words(number).capitalize()}" if number else "The letter"
    verb = "" if state == "unknown" else " were" if number > 1 else " was"
    why = f", for {because(reason)}" if reason else ""
    return _HAPPENED.get(state, "{} " + state).format(what + verb) + why + "."


def in_states(counts: Mapping[str, int]) -> list[str]:
    """A sentence for each state that letters are in."""
    return [f"{letters_in_words(n)} {state}: {MANY[State(state)]}." for state, n in counts.items() if n]


def copies_in_states(counts: Mapping[str, int]) -> list[str]:
    """The same for copies of a call or bulletin."""
    return [
        f"{n} cop{'y' if n == 1 else 'ies'} {state}: {MANY[State(state)].removesuffix(': contacts')}."
        for state, n in counts.items()
        if n
    ]


def because(reason: str) -> str:
    """The reason in words; a provider's own words stand in quotes."""
    return REASONS.get(reason, f"“{reason}”")


def letter_next(letter: str, campaign: str, state: State, reason: str) -> list[Step]:
    """What an operator can do about a letter in this state."""
    if state is State.UNKNOWN:
        return [
            Step("A report settles most of these by itself. If it did leave (the provider's activity page may tell)",
                 f"mobilise letters settle {letter} --accepted"),
            Step("If it did not, at the risk that it arrives twice", f"mobilise letters settle {letter} --resend"),
        ]  # fmt: skip
    if state is State.HELD and reason == "no-time":
        return [Step("Give the campaign a faster pace", f"mobilise campaigns pace {campaign}")]
    if state is State.HELD or (state is State.BOUNCED and reason == "hard"):
        return [Step("Find a better address and import it: what waits then leaves by itself",
                     f"mobilise candidates import FILE --campaign {campaign}")]  # fmt: skip
    if state is State.REJECTED:
        return [
            Step("Mend what the provider's words name, for the next letters", f"mobilise campaigns show {campaign}")
        ]
    return []
