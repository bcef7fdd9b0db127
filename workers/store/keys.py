"""Every key in Redis: its name, its type, what it holds and how long it lives, on one screen.

====================================  ======  ==========================================================  ===========
key                                   type    holds                                                       lives
====================================  ======  ==========================================================  ===========
action:{action}                       string  JSON of an Action; its words till its person is erased           for ever
actions:{campaign}                    list    action ids in the order they came                           for ever
person:{person}                       string  JSON of a Person, the only place with name and address      till erased
consents:{person}                     hash    purpose -> JSON of a Consent                                till erased
profiles:{bucket}                     hash    person -> what mailings ask of them, see profile.py         till erased
preferences                           hash    person -> words that restrict their mailings, with commas   till erased
left:{book}                           set     persons who left by a link of this mailing                  for ever
opened:{campaign}:{call}               set     persons who looked at their page of a call                  for ever
acted:{campaign}:{call}                hash    person -> letters asked for there, and their newest action  for ever
erased                                hash    address id of who was erased -> epoch s                     for ever
throwaway:{campaign}                  set     actions whose supporter's address is a throw-away one       for ever
request:{request}                     string  fingerprint and action of an Idempotency-Key                a day
intent:{intent}                       hash    an unconfirmed action (person:{intent} lives as long)       a week
intents:{campaign}                    zset    intents; ms of their next mail, or of their end             till decided
questions:{address}                   zset    mails that asked an address to confirm; epoch s             a day
disowned:{campaign}:{address}         string  somebody said "it was not me": nobody asks them again       a month
deliveries:{group}                    hash    "mailing" -> kind:campaign, recipient -> delivery record    for ever
unwritten:{campaign}                  zset    actions whose letters are to be written; ms of next nudge   while due
agenda:{campaign}                     zset    actions with queued letters; ms of next nudge               while due
claims                                zset    actions being posted; ms of the claim's deadline            while sent
waiting:{campaign}:{candidate}        set     actions with a held or queued letter to this candidate      while due
unknown:{campaign}                    zset    ids of unknown deliveries; s since when                     till settled
summaries:{campaign}                  zset    candidates who get a daily summary; ms of their next one    while they do
summary:{summary}                     string  groups of the letters in one mail, commas between           for ever
undelivered:{campaign}                zset    actions whose supporter is to hear of it; ms of next nudge  till told
pace:{campaign}                       hash    plan, version, override, retimed; see _pace.lua             for ever
slots:{campaign}                      hash    candidate -> µs of the newest slot, @domain -> hour         for ever
rooms:{campaign}:{version}:{hour}     hash    domain -> letters that leave in that hour                   that hour
domains:{campaign}                    hash    candidate -> domain id of the address, @domain -> candidates for ever
candidates:{campaign}                 hash    candidate -> JSON of a Candidate                            for ever
reach:{campaign}                      hash    candidate -> one or two address ids, "" or "-" (withdrawn)  for ever
seats:{campaign}                      hash    GSS code -> ids of standing candidates, comma-separated     for ever
editions                              hash    "places" or campaign -> what its newest import drew         for ever
places                                set     generations of boundaries that are imported                 for ever
places:{generation}                   hash    sector -> GSS codes and postcodes, see sectors.py           for ever
places:{generation}:{version}         hash    the same, of an import that is not written whole            10 minutes
mailings                              zset    calls and bulletins; epoch s of their approval              for ever
mailing:{book}                        hash    record, content, stage, groups, gathered, audience, day:{n} for ever
running                               zset    mailings that wait for their time or leave; ms of next nudge while so
standings                             hash    bulletin -> JSON: who approved its folder as it then was    till changed
scheduled                             hash    bulletin -> epoch s of the newest edition seen to               for ever
suppressions                          hash    address id -> reasons, each with time and source            till removed
health                                hash    address id:what -> epoch s of the newest, _suppressions.lua for ever
soft:{address}                        zset    deliveries that bounced softly; epoch s of the bounce       two windows
unread                                zset    entries of callbacks that were not understood; s since when newest 1000
signatures:{campaign}                 hash    candidate -> JSON of a Signature                            for ever
answers:{campaign}                    hash    candidate -> "said at about", commas between               till undone
reasons:{campaign}                    hash    candidate -> why they declined, for operators only          till undone
spaced:{campaign}:{candidate}         string  action whose letter was today's one to a candidate          a day
signings:{campaign}                   hash    candidate -> epoch s of the newest signing that we know of      for ever
withdrawals:{campaign}                hash    candidate -> epoch s of the newest withdrawal               for ever
webhooks:{campaign}                   set     ids of the signature callbacks seen                         for ever
signature-log:{campaign}              list    public entries, each sealed on the one before               for ever
entered:{campaign}                    hash    number of a log entry -> who made it by hand                for ever
signed:{campaign}                     zset    step:candidate that a signature leads to; ms of next nudge  till done
late:{campaign}                       zset    action:candidate, letters on their way when they signed; ms   till known
tally:{campaign}                      hash    state, bounced:reason -> letters; "supporters" -> people    for ever
tally:{campaign}:candidates           hash    candidate:state -> letters                                  for ever
tally:{campaign}:days                 hash    day (days since 1970, campaign's zone) -> contacts          for ever
tally:{campaign}:signatories          hash    source:word, day:number -> signatories                      for ever
openings                              hash    campaign -> JSON state, at, by: what an operator decided    till undone
paused                                hash    scope (see pauses.py) -> JSON of a Pause                    till resumed
window:{campaign}:{minute}            hash    outcome -> letters, in the minute it was learnt             5 hours
passed:{campaign}:{minute}            hash    the same, from before the campaign's newest resume          5 hours
window:{campaign}                     string  epoch s since when outcomes count for the breaker           5 hours
meters                                hash    "name label" -> what processes counted or noted, for /metrics  for ever
alive                                 zset    "kind host:pid" of a process -> epoch s of its newest sign  a day
ticked                                string  epoch s of the newest tick of any clock                     a month
resting                               hash    worker -> messages still at hand, while work is frozen      a minute
turn:{job}                            string  one clock does this job now; the others leave it            its TTL
cursor:{job}                          string  how far a job in the background is                          a week
senders                               hash    sender (see journal.py) -> number of its newest claim        for ever
doubts                                hash    delivery that a lost past may have posted -> epoch s        till written
session:{session}                     string  JSON of a Session of the console: who, and since when        idle time
hold                                  string  why no provider call may begin                              its TTL
limit:{what}:{who}                    string  epoch µs at which nothing of a limit is used up any more    till then
callback:{callback}                   string  a verified callback's raw body, until it is worked          14 days
callbacks                             zset    callbacks still to be worked; ms of next nudge              while due
contributions:{campaign}              hash    contribution -> JSON as an organisation sent it in          for ever
decisions:{campaign}                  hash    contribution -> "said at by bulletin book", why:… -> text   for ever
contribution-keys:{campaign}          hash    keyed hash of a key -> JSON: whose it is, since when        till revoked
events                                stream  what happened, ids only                                     newest 10^5
====================================  ======  ==========================================================  ===========

A delivery record is six words, ``state at day action call reason``: the state's name, epoch seconds of its last move
(for a queued letter those from which it may leave, which is now or earlier where no pace is set),
the day on which it was counted as a contact (or ``-``), its action, the number of the provider call that carried it
(field ``call:{number}`` of the same hash holds the provider's message id; ``-`` when none did) and a reason (or
``-``). It stays under 64 bytes, so that Redis keeps the whole group in one compact list. Beside it the hash may hold
``tried:{recipient}``, the addresses (ids) at which the delivery bounced for good, ``said:{recipient}``, the newest
that a receiving server said of it, with its time, and ``signed:{recipient}``, the candidate for whose signature it
thanks or of whose signature it tells: it leaves only while that signature stands. ``in:{recipient}`` is the summary
that carried it, with its place in it from 1.
"""

from __future__ import annotations

from collections.abc import Callable

#: Nouns whose keys have no lifetime of their own: they are the ledger, or they empty themselves.
# fmt: off
PERMANENT = frozenset([
    "action", "actions", "throwaway", "person", "consents", "deliveries", "intents", "unwritten", "agenda",
    "claims", "waiting", "unknown", "undelivered", "summaries", "summary", "pace", "slots", "domains",
    "candidates", "reach", "seats", "places", "editions", "suppressions", "health", "unread", "signatures",
    "answers", "reasons", "signings", "withdrawals", "webhooks", "signature-log", "entered", "signed", "late",
    "profiles", "preferences", "erased", "mailings", "mailing", "running", "contributions", "decisions",
    "contribution-keys", "left", "opened", "acted", "tally", "openings", "meters", "paused", "callbacks", "senders",
    "doubts", "events", "standings", "scheduled",
])
# fmt: on

CLAIMS, PAUSED, OPENINGS, METERS, TICKED = "claims", "paused", "openings", "meters", "ticked"
RESTING, WORK_SCOPE = "resting", "work"
ALIVE, HOLD, EVENTS, SUPPRESSIONS, UNREAD, EDITIONS = "alive", "hold", "events", "suppressions", "unread", "editions"
CALLBACKS, SENDERS, DOUBTS = "callbacks", "senders", "doubts"
PREFERENCES, ERASED = "preferences", "erased"
MAILINGS, RUNNING, STANDINGS, SCHEDULED = "mailings", "running", "standings", "scheduled"


def noun(key: bytes | str) -> str:
    """The first word of a key."""
    text = key.decode() if isinstance(key, bytes) else key
    return text.partition(":")[0]


def _of(word: str) -> Callable[[str], str]:
    """Names of keys that are a noun and one id: of a person, an action, a campaign or another book."""
    return f"{word}:{{}}".format


action = _of("action")
actions = _of("actions")
throwaway = _of("throwaway")
person = _of("person")
consents = _of("consents")
profiles = _of("profiles")
left = _of("left")
request = _of("request")
intent = _of("intent")
intents = _of("intents")
questions = _of("questions")
deliveries = _of("deliveries")
unwritten = _of("unwritten")
agenda = _of("agenda")
summaries = _of("summaries")
summary = _of("summary")
undelivered = _of("undelivered")
unknown = _of("unknown")
pace = _of("pace")
slots = _of("slots")
domains = _of("domains")
candidates = _of("candidates")
reach = _of("reach")
seats = _of("seats")
signatures = _of("signatures")
answers = _of("answers")
reasons = _of("reasons")
signings = _of("signings")
withdrawals = _of("withdrawals")
webhooks = _of("webhooks")
tally = _of("tally")
signature_log = _of("signature-log")
contributions = _of("contributions")
decisions = _of("decisions")
contribution_keys = _of("contribution-keys")
entered = _of("entered")
signed = _of("signed")
late = _of("late")
mailing = _of("mailing")
callback = _of("callback")
session = _of("session")
turn = _of("turn")
cursor = _of("cursor")


def disowned(campaign: str, address: str) -> str:
    return f"disowned:{campaign}:{address}"


def waiting(campaign: str, candidate: str) -> str:
    return f"waiting:{campaign}:{candidate}"


def opened(campaign: str, call: str) -> str:
    return f"opened:{campaign}:{call}"


def acted(campaign: str, call: str) -> str:
    return f"acted:{campaign}:{call}"


def receipts_book(campaign: str) -> str:
    """Receipts have books of their own beside the letters': the same keys under another name."""
    return f"{campaign}/receipts"


def places(*parts: str) -> str:
    return ":".join(["places", *parts])


def tally_candidates(campaign: str) -> str:
    return f"tally:{campaign}:candidates"


def tally_days(campaign: str) -> str:
    return f"tally:{campaign}:days"


def tally_signatories(campaign: str) -> str:
    return f"tally:{campaign}:signatories"


def window(campaign: str, *minute: int) -> str:
    """Outcomes of one minute (since 1970); without one, since when they count."""
    return ":".join(["window", campaign, *map(str, minute)])


def limit(what: str, who: str) -> str:
    """``who`` is a keyed hash of a person's address or connection, a campaign, or a caller in a campaign."""
    return f"limit:{what}:{who}"


def mailing_scope(book: str) -> str:
    """The scope under which one call or bulletin is paused."""
    return f"mailing:{book}"


def queue_scope(queue: str) -> str:
    """The scope under which one queue is paused, in every campaign."""
    return f"queue:{queue}"


def domain_scope(domain: str) -> str:
    """The scope under which mail to one domain (id) is paused, in every campaign."""
    return f"domain:{domain}"


def pause_scope(campaign: str) -> str:
    """The scope under which one campaign is paused; "all" pauses everything."""
    return f"campaign:{campaign}"
