"""``mobilise explain``: a story in order, in sentences, that says what can be done and names nobody."""

from __future__ import annotations

import json
import time

import pytest

from tests.cli.operating import home, unknown, written
from tests.support.people import CAMPAIGN, candidate, person
from workers.campaign.answers import Answer, Said
from workers.campaign.choices import Change
from workers.campaign.intents import Patience, kept_aside
from workers.campaign.model import Action
from workers.campaign.signature import Signature
from workers.campaign.states import State
from workers.cli import main
from workers.store import Store
from workers.store.claims import Gathering
from workers.store.letters import Claim, Settled, Settlement
from workers.store.preferences import Said as Told
from workers.store.tallies import day_number

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def explain(valkey: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs ``mobilise explain``: what it says as JSON, and as text."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))

    def run(*arguments: str) -> tuple[dict, str]:
        assert main(["explain", *arguments, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert main(["explain", *arguments]) == 0
        text = capsys.readouterr().out
        for private in ("Supporter", "Candidate 1", "@", ".example", "ZZ1", "Our river"):
            assert private not in text + json.dumps(told, ensure_ascii=False)
        return told, text

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3, email="")])
    return store


def accepted(ledger: Store, action: Action) -> None:
    claim = ledger.letters.claim(CAMPAIGN, action.id, time.time() + 60)
    assert isinstance(claim, Claim)
    letters = [Settled(one, State.ACCEPTED, 1, "-") for one in claim.recipients]
    ledger.letters.settle(
        Settlement(action, letters, ["call-1"], day_number(time.time(), "UTC"), deadline=claim.deadline)
    )


def events(told: dict) -> list[str]:
    return [moment["event"] for moment in told["moments"]]


def commands(told: dict) -> list[str]:
    return [step["command"] for step in told["next"]]


def test_a_letter_that_left(explain, ledger: Store):
    """Taken, written, accepted, in this order, with the provider's id for it and no reason to do anything."""
    action = written(ledger)
    accepted(ledger, action)
    told, text = explain(f"{action.group}-1")
    assert events(told) == ["action.taken", "letters.written", "letters.accepted", "letters.accepted"]
    assert (told["time_zone"], commands(told)) == ("Europe/London", [])
    assert "The provider knows its call as call-1." in text
    assert "It counts as a contact" in text


def test_a_letter_that_waits_says_for_what(explain, ledger: Store):
    """Paused by whom and why; then, for one without an address, what brings it on its way."""
    action = written(ledger, candidates=("1", "3"))
    ledger.pauses.pause(f"campaign:{CAMPAIGN}", "a wrong word")
    told, text = explain(f"{action.group}-1")
    assert "a wrong word" in text
    assert commands(told) == [f"mobilise campaigns resume {CAMPAIGN}"]
    told, text = explain(f"{action.group}-3")
    assert "no address of the candidate is known" in text
    assert commands(told) == [f"mobilise candidates import FILE --campaign {CAMPAIGN}"]


def test_a_letter_that_waits_for_a_summary_says_until_when(explain, ledger: Store):
    """Nothing is wrong: nobody has to look for a dead worker."""
    action = written(ledger)
    answer = Answer(Said.LESS_OFTEN, int(time.time()))
    ledger.answers.put(CAMPAIGN, "1", answer)
    assert "at most one letter a day" in explain(f"{action.group}-1")[1]
    ledger.summaries.begin(CAMPAIGN, "1", Gathering(1, int(time.time() + 3600) * 1000))
    told, text = explain(f"{action.group}-1")
    assert "the next summary is due at" in text
    assert commands(told) == []


def test_an_unknown_letter_names_the_two_ways_out_and_who_took_one(explain, ledger: Store):
    """What a person decided is part of the story."""
    letter, _ = unknown(ledger)
    told, text = explain(letter)
    assert "the worker that was sending it was lost" in text
    assert commands(told) == [f"mobilise letters settle {letter} {how}" for how in ("--accepted", "--resend")]
    ledger.unknowns.settle(CAMPAIGN, [letter], State.ACCEPTED, 20_000, "kim")
    told, text = explain(letter)
    assert "An operator (kim) settled it: accepted." in text
    assert commands(told) == []


def test_an_action_tells_of_all_its_letters(explain, ledger: Store):
    """Each with its state; one was withheld, for its candidate signed."""
    action = written(ledger)
    ledger.signatures.record(CAMPAIGN, Signature("2", int(time.time()), "paper"))
    ledger.letters.withhold(CAMPAIGN, "2", "signed")
    told, text = explain(action.id)
    assert told["counts"] == {"queued": 1, "withheld": 1}
    assert {row["candidate"]: row["state"] for row in told["letters"]} == {"1": "queued", "2": "withheld"}
    assert "charter.signed" in events(told)
    assert "for the candidate has signed" in text


def test_a_candidate_is_told_in_bulk(explain, ledger: Store):
    """How many in which state, when the next one leaves, and what they said; a flood is one line."""
    for number in range(3):
        accepted(ledger, written(ledger, number))
    written(ledger, 9)
    told, text = explain("1", "--campaign", CAMPAIGN)
    assert told["counts"] == {"queued": 1, "accepted": 3}
    assert events(told).count("letters.accepted") == 1
    assert "one address is known" in text
    assert "The next letter is queued" in text


def test_a_person_is_told_by_id(explain, ledger: Store):
    """Who asks what became of their letters gives an address; their id is all that is shown."""
    action = written(ledger)
    told, _ = explain(action.person)
    assert (told["kind"], told["counts"]) == ("person", {"queued": 2})
    assert commands(told) == [f"mobilise explain {action.id}"]


def test_what_a_person_agreed_to_and_took_back(explain, ledger: Store):
    """Both with when: it is what anyone may ask."""
    action, now = written(ledger), int(time.time())
    supporter = ledger.people.get(action.person)
    for change in (Change(agreed=("calls",)), Change(back=("calls",))):
        assert ledger.preferences.change(supporter, change, Told(now, "preferences"))
    told, text = explain(action.person)
    assert "They took back their consent to calls." in text
    assert "withdrawn:" not in text
    assert "person.withdrew" in events(told)


def test_an_action_that_nobody_has_confirmed(explain, ledger: Store):
    """Kept aside: no letter is written, and it is gone after a while."""
    supporter = person(ledger.ids, 1)
    group = ledger.ids.group(CAMPAIGN, "letter", "", supporter.id)
    action_id = ledger.ids.action(CAMPAIGN, supporter.id, ["1"])
    action = Action(action_id, CAMPAIGN, supporter.id, group, ("1",), int(time.time()))
    intent = kept_aside(ledger.ids, action, supporter)
    ledger.intents.keep(intent, Patience(), nudge_at_ms=int(time.time() * 1000))
    told, text = explain(intent.id)
    assert (told["kind"], events(told)) == ("unconfirmed action", ["action.unconfirmed"])
    assert "until its supporter confirms it" in text
    ledger.intents.withdraw(intent)
    assert "withdrawn" in explain(intent.id)[1]


def test_a_receipt_is_a_letter_too(explain, ledger: Store):
    """Its recipient is a person, told by their id."""
    supporter = person(ledger.ids, 1)
    order = ledger.actions.get(ledger.receipts.queue(CAMPAIGN, supporter, "receipt/undelivered", "a1"))
    told, _ = explain(f"{order.group}-{supporter.id}")
    assert (told["kind"], told["campaign"], told["letters"][0]["state"]) == ("receipt", CAMPAIGN, "queued")


def test_the_log_adds_what_the_ledger_does_not_know(explain, ledger: Store, tmp_path):
    """How long the call took, and which request it all came from; and a request is a story of its own."""
    action = written(ledger)
    accepted(ledger, action)
    folder = tmp_path / "home" / "var" / "log"
    folder.mkdir(parents=True)
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    line = {"time": f"{at}.000Z", "level": "info", "event": "letters.accepted", "trace": TRACE, "duration_ms": 23}
    mine, other = ({**line, "action": action.id, "letters": [f"{action.group}-{one}"]} for one in "12")
    (folder / "mobilise.log").write_text(f"Traceback\n{json.dumps(mine)}\n{json.dumps(other)}\n")
    told, text = explain(f"{action.group}-1")
    assert events(told).count("letters.accepted") == 2  # the event with what the log adds, and how it stands
    assert "duration ms 23" in text
    told, _ = explain(f"00-{TRACE}-b7ad6b7169203331-01")
    assert (told["kind"], told["id"], commands(told)) == ("trace", TRACE, [f"mobilise explain {action.id}"])


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ("nonsense", "for a candidate say --campaign"),
        ("x" * 17 + "\x1b[2J", "is not the id"),
        ("daaaaaaaaaaaaaaaa-1", "there is no letter"),
        ("aaaaaaaaaaaaaaaaa", "there is no action"),
        ("paaaaaaaaaaaaaaaa", "there is no person"),
        (TRACE, "no line of the log"),
        ("90001", "say --campaign"),
    ],
)
def test_an_id_that_nobody_knows_is_one_clear_sentence(explain, ledger, capsys, about, says):
    """Which kinds there are, and what else to say."""
    assert explain
    assert main(["explain", about]) == 1
    wrong = capsys.readouterr().err
    assert says in wrong
    assert wrong.count("\n") == 1
    assert "\x1b" not in wrong


def test_a_candidate_that_nobody_knows(explain, ledger, capsys):
    """Of a campaign that there is."""
    assert explain
    assert main(["explain", "77", "-c", CAMPAIGN]) == 1
    assert "no candidate of that id" in capsys.readouterr().err
