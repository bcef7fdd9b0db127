"""``POST /api/campaigns/{campaign}/actions``: what is taken, and what is answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.asking import KEY, Site, action
from workers.campaign.choices import leaves
from workers.store import Store
from workers.store.preferences import Said


def test_an_action_is_on_disk_when_it_is_answered(site: Site, ledger: Store):
    """Law 1: a 202 means that it is in the ledger, as it was meant."""
    answer = site.act(action(name=" Sam   Sample ", postcode="sw1a1aa", message="My own words.", source="site/home"))
    assert answer.status == 202
    kept = ledger.actions.get(answer.json()["action_id"])
    assert (kept.campaign, kept.candidates, kept.message, kept.source) == (
        "clean-rivers", ("1", "2", "3"), "My own words.", "site/home",
    )  # fmt: skip
    person = ledger.people.get(kept.person)
    assert (person.name, person.email, person.postcode) == ("Sam Sample", "sam@supporters.example", "SW1A 1AA")


def test_the_answer_tells_every_letter(site: Site):
    """A web site shows the supporter who will be written to; who has no address yet is told as held."""
    body = site.act().json()
    assert set(body) == {"action_id", "state", "letters"}
    assert body["state"] == "taken"
    shown = [(one["candidate_id"], one["candidate"], one["party"], one["state"]) for one in body["letters"]]
    assert shown == [
        ("1", "Candidate 1", "River Party", "queued"),
        ("2", "Candidate 2", "Hill & Dale Party", "queued"),
        ("3", "Candidate 3", "River Party", "held"),
    ]


def test_it_is_announced_once(site: Site, ledger: Store):
    """The ledger holds it as unwritten until an actor has written its letters."""
    site.act()
    assert ledger.agenda.waiting("clean-rivers") == 1


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"email": "SAM@Supporters.EXAMPLE"},
        {"name": "  sam SAMPLE "},
        {"postcode": "SW1A1AA"},
        {"email": " sam@supporters.example "},
        {"email": "sam+rivers@supporters.example"},
    ],
    ids=["same", "capitals in the address", "capitals and spaces in the name", "postcode", "spaces", "a tag"],
)  # fmt: skip
def test_the_same_person_again_gets_the_same_answer(site: Site, ledger: Store, again: dict[str, str]):
    """People press twice, and type differently the second time."""
    first, second = site.act(), site.act(action(**again))
    assert second.json() == first.json()
    assert ledger.actions.count("clean-rivers") == 1


def test_two_people_who_share_an_address_are_two(site: Site, ledger: Store):
    """Couples share mailboxes."""
    first, second = site.act(action(name="Ann Alder")), site.act(action(name="Bob Alder"))
    assert first.json()["action_id"] != second.json()["action_id"]
    assert ledger.actions.count("clean-rivers") == 2


def test_fifty_at_once_make_one_action(site: Site, ledger: Store):
    """A double click, a retrying proxy and an impatient script together."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: site.act(), range(50)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json()["action_id"] for answer in answers}) == 1
    assert ledger.actions.count("clean-rivers") == 1


def test_the_state_told_is_the_ledgers(site: Site, ledger: Store):
    """Asking again later shows how far the letters are."""
    taken = site.act().json()["action_id"]
    ledger.letters.write("clean-rivers", [taken], 60_000)
    ledger.letters.withhold("clean-rivers", "1", "signed")
    assert [letter["state"] for letter in site.act().json()["letters"]] == ["withheld", "queued", "held"]


def test_candidates_can_be_chosen(site: Site, ledger: Store):
    """In whatever order they are named, letters go in the order of the ballot."""
    body = site.act(action(candidates=["3", "1"])).json()
    assert [letter["candidate_id"] for letter in body["letters"]] == ["1", "3"]
    assert site.act(action(candidates=["1", "3"])).json() == body


@pytest.mark.parametrize(
    "candidates", [["1", "1"], [], ["4"], ["5"], ["no-such"], ["1", "2", "3", "9"], ["x" * 1000]],
    ids=["twice", "none", "withdrawn", "of another seat", "unknown", "one unknown", "long"],
)  # fmt: skip
def test_only_the_supporters_own_candidates_can_be_chosen(site: Site, ledger: Store, candidates: list[str]):
    """A constituent writes to their own candidates."""
    answer = site.act(action(candidates=candidates))
    assert (answer.status, answer.fields()) == (422, ["candidates"])
    assert ledger.actions.count("clean-rivers") == 0


def test_a_campaign_can_name_its_boundaries(site: Site):
    """SW1A 1AA lies in one seat in 2010 and in another in 2024."""
    assert [letter["candidate_id"] for letter in site.act(campaign="old-lines").json()["letters"]] == ["6"]


def test_without_named_boundaries_the_newest_with_candidates_counts(site: Site):
    """EC1A 1BB is in an empty seat in 2024, and in one with candidates in 2010."""
    assert len(site.act(action(postcode="EC1A 1BB")).json()["letters"]) == 3


def test_consents_are_kept_word_for_word(site: Site, ledger: Store):
    """The regulator asks for exact wording, time and source."""
    given = [{"purpose": "bulletin", "wording": "Yes, send me news\nonce a month."}]
    taken = site.act(action(consents=given, source="form-7")).json()["action_id"]
    (consent,) = ledger.people.get(ledger.actions.get(taken).person).consents
    assert (consent.purpose, consent.wording, consent.source) == ("bulletin", given[0]["wording"], "form-7")
    assert consent.at > 1_600_000_000


def test_who_agrees_to_be_mailed_has_a_profile(site: Site, ledger: Store):
    """With what they said themselves, and nothing that they took back before stands against it; others have none."""
    who = ledger.ids.person("sam@supporters.example", "Sam Sample")
    site.act(action(consents=[{"purpose": "updates", "wording": "Tell me"}]))
    assert ledger.people.profile(who) is None
    ledger.preferences.change(ledger.people.get(who), leaves(["bulletins", "calls"]), Said(1, "page"))
    site.act(action(consents=[{"purpose": "bulletins", "wording": "Write to me"}], email="Sam+x@supporters.example"))
    profile = ledger.people.profile(who)
    assert profile
    assert (profile.purposes, profile.seats[0]) == (("bulletins",), "E14999001")
    assert ledger.people.wishes(who) == "no-calls"
    assert profile.address == ledger.ids.address("sam+x@supporters.example")
    site.act(action())
    profile = ledger.people.profile(who)
    assert profile
    assert profile.address == ledger.ids.address("sam@supporters.example"), "the address they gave last is looked at"


@pytest.mark.parametrize("message", ["", "  \n\t ", None])
def test_a_blank_message_is_none(site: Site, ledger: Store, message: str | None):
    """The campaign's own text stands then."""
    taken = site.act(action(message=message, subject=message)).json()["action_id"]
    assert (ledger.actions.get(taken).message, ledger.actions.get(taken).subject) == ("", "")


def test_an_idempotency_key_is_honoured(site: Site, ledger: Store):
    """The same key and body: the same answer, however the JSON is spaced."""
    first = site.act(action(), idempotency_key="k1")
    spaced = b' { "supporter" : {"postcode":"SW1A 1AA", "email":"sam@supporters.example","name":"Sam Sample"} }'
    assert site.act(spaced, idempotency_key="k1").json() == first.json()
    assert ledger.actions.count("clean-rivers") == 1


def test_an_idempotency_key_serves_one_request(site: Site, ledger: Store):
    """The same key with another body is a mistake of the caller's, and is told; another caller's key is another key."""
    site.act(action(), idempotency_key="k1")
    other = site.act(action(name="Bob Alder"), idempotency_key="k1")
    assert (other.status, other.json()["type"]) == (422, "/docs#key-reused")
    elsewhere = site.act(action(), campaign="old-lines", idempotency_key="k1")
    assert (elsewhere.status, elsewhere.json()["type"]) == (422, "/docs#key-reused")
    crm = site.act(action(name="Bob Alder"), idempotency_key="k1", authorization="Bearer another-key")
    assert crm.status == 202
    assert ledger.actions.count("clean-rivers") == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "é"])
def test_an_idempotency_key_is_visible_ascii(site: Site, key: str):
    """Up to 255 characters; anything else is refused rather than cut."""
    connection_headers = {"idempotency-key": key, "authorization": f"Bearer {KEY}", "content-type": "application/json"}
    answer = site.ask("POST", "/api/campaigns/clean-rivers/actions", b"{}", connection_headers)
    assert answer.status == 400


def test_an_action_taken_earlier_keeps_its_candidates(site: Site, ledger: Store):
    """A repeated request is answered as the first was, although the ballot has changed meanwhile."""
    from tests.web.conftest import candidate

    first = site.act(action(), idempotency_key="k1").json()
    ledger.candidates.apply("clean-rivers", [candidate(8), candidate(1, status="withdrawn")])
    again = site.act(action(), idempotency_key="k1").json()
    assert [one["letter_id"] for one in again["letters"]] == [one["letter_id"] for one in first["letters"]]
