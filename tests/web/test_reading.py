"""What anyone may read: candidates, the tally and its stream, health, the API's description."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import jsonschema
import pytest
import redis

from tests.support.processes import Running
from tests.support.wait import wait_until
from tests.web.asking import Site, action
from workers.campaign.model import Candidate
from workers.campaign.sectors import gather
from workers.campaign.signature import Signature
from workers.campaign.states import State
from workers.store import Store
from workers.store.letters import Claim, Settled, Settlement

CANDIDATES = "/api/campaigns/clean-rivers/candidates"
#: What is said of who stands in Testford and has not signed.
ASKED = {"signed": False, "letter": "ask", "constituency": "E14999001", "constituency_name": "Testford"}
TALLY = "/api/campaigns/clean-rivers/tally"


def sent(site: Site, ledger: Store, **changes: str) -> None:
    """One supporter's letters, handed over."""
    taken = site.act(action(**changes)).json()["action_id"]
    ledger.letters.write("clean-rivers", [taken], 60_000)
    claim = ledger.letters.claim("clean-rivers", taken, time.time() + 60)
    assert isinstance(claim, Claim)
    letters = [Settled(candidate.id, State.ACCEPTED, 1) for candidate in claim.candidates]
    ledger.letters.settle(Settlement(claim.action, letters, ["m1"], 20_000))


def test_a_postcode_shows_its_candidates_and_no_address(site: Site):
    """A form shows them before anyone types a letter."""
    answer = site.get(f"{CANDIDATES}?postcode=sw1a1aa")
    assert answer.status == 200
    assert answer.json() == {
        "campaign": "clean-rivers",
        "postcode": "SW1A 1AA",
        "constituency": "E14999001",
        "constituency_name": "Testford",
        "candidates": [
            {"candidate_id": "1", "candidate": "Candidate 1", "party": "River Party", "reachable": True, **ASKED},
            {"candidate_id": "2", "candidate": "Candidate 2", "party": "Hill & Dale Party", "reachable": True, **ASKED},
            {"candidate_id": "3", "candidate": "Candidate 3", "party": "River Party", "reachable": False, **ASKED},
        ],
        "constituencies": ["E14999001"],
    }
    assert b"@" not in answer.body
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_postcode_across_a_boundary_shows_the_candidates_of_all_its_seats(site: Site, ledger: Store):
    """Nobody but the supporter knows in which they live: each candidate is named with their own."""
    there = Candidate("9", "Candidate 9", "River Party", "E14999009", "Bexford", "c9@candidates.example")
    ledger.candidates.apply("clean-rivers", [there])
    rows = [("M1 1AE", "2024", "E14999009", ""), ("M1 1AE", "2024", "E14999001", "")]
    ledger.places.put(ledger.places.compare(gather(rows)))
    ballot = site.get(f"{CANDIDATES}?postcode=M1+1AE").json()
    assert ballot["constituencies"] == ["E14999001", "E14999009"]
    assert ballot["constituency_name"] == "Testford or Bexford"
    assert [one["constituency_name"] for one in ballot["candidates"]] == ["Testford"] * 3 + ["Bexford"]
    letters = site.act(action(postcode="M1 1AE", candidates=["1", "9"])).json()["letters"]
    assert [letter["candidate_id"] for letter in letters] == ["1", "9"]


def test_who_has_signed_is_thanked_if_the_campaign_has_words_for_it(site: Site, ledger: Store):
    """A form says what a letter will do before anyone writes it."""
    shown = []
    for campaign, candidate in (("clean-rivers", "1"), ("old-lines", "6")):
        ledger.signatures.record(campaign, Signature(candidate, 1_790_000_000, "paper"))
        ballot = site.get(f"/api/campaigns/{campaign}/candidates?postcode=sw1a1aa").json()["candidates"]
        shown += [(one["signed"], one["letter"]) for one in ballot if one["candidate_id"] == candidate]
    assert shown == [(True, None), (True, "thanks")]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 422), ("?postcode=", 422), ("?postcode=SW1A", 422), ("?postcode=%00", 422), ("?postcode=%ff%fe", 422),
     ("?postcode=" + "1" * 5000, 422), ("?postcode=M1+1AE", 404), ("?postcode=AB12+5DX", 200)],
)  # fmt: skip
def test_what_is_no_postcode_and_one_that_is_unknown_are_told_apart(site: Site, query: str, status: int):
    """422 for what a form should refuse, 404 for what only a lookup can tell; an empty seat has no candidates."""
    answer = site.get(CANDIDATES + query)
    assert answer.status == status
    if status == 422:
        assert answer.fields() == ["postcode"]
    if status == 200:
        assert answer.json()["candidates"] == []


def test_the_tally_counts_what_was_handed_over(site: Site, ledger: Store):
    """The number of letters is the number of contacts, and the states add up."""
    sent(site, ledger)
    sent(site, ledger, name="Bob Alder")
    tally = wait_until(lambda: site.get(TALLY).json()["contacts"] == 4 and site.get(TALLY).json())
    assert set(tally) == {
        *("campaign", "contacts", "supporters", "signatories", "letters"),
        *("contacts_by_party", "signatories_by_party", "as_of"),
    }
    assert (tally["supporters"], tally["signatories"]) == (2, 0)
    assert {state: n for state, n in tally["letters"].items() if n} == {"held": 2, "accepted": 4}
    assert tally["contacts_by_party"] == {"River Party": 2, "Hill & Dale Party": 2}


def test_signatories_are_told_by_party(site: Site, ledger: Store):
    """Each once; who signed and is no candidate any more is still counted."""
    for candidate in ("1", "2", "3", "1"):
        ledger.signatures.record("clean-rivers", Signature(candidate, 1_700_000_000, "form"))
    tally = wait_until(lambda: (found := site.get(TALLY).json())["signatories"] == 3 and found)
    assert tally["signatories_by_party"] == {"River Party": 2, "Hill & Dale Party": 1}


def test_a_tally_that_stands_still_is_not_sent_again(site: Site):
    """The ETag changes with the numbers, not with the time."""
    first = wait_until(lambda: (one := site.get(TALLY)).json()["contacts"] == one.json()["signatories"] == 0 and one)
    assert first.headers["cache-control"] == "max-age=1"
    again = wait_until(lambda: site.get(TALLY).json()["as_of"] != first.json()["as_of"] and site.get(TALLY))
    assert again.headers["etag"] == first.headers["etag"]
    for given in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
        kept = site.get(TALLY, if_none_match=given)
        assert (kept.status, kept.body) == (304, b"")
    assert site.get(TALLY, if_none_match='"other"').status == 200


def test_the_stream_tells_every_change(site: Site, ledger: Store):
    """A page shows a letter within a second or two of its leaving."""
    wait_until(lambda: site.get(TALLY).json()["contacts"] == 0)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", TALLY + "/stream")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert _next_tally(answer)["contacts"] == 0
    sent(site, ledger)
    contacts = 0
    while contacts < 2:
        contacts = _next_tally(answer)["contacts"]
    assert contacts == 2
    connection.close()


def _next_tally(answer: http.client.HTTPResponse) -> Any:
    for line in iter(answer.readline, b""):
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/livez",
        "/readyz",
        "/healthz",
        "/docs",
        "/openapi.json",
        "/campaigns/clean-rivers",
        TALLY,
        TALLY + "/stream",
    ],
)
def test_head_is_answered_like_get_without_a_body(site: Site, path: str):
    """Link checkers and load balancers ask so."""
    answer = site.ask("HEAD", path)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/docs", "/campaigns/clean-rivers", TALLY, "/nothing", "/static/live.js"])
def test_every_answer_keeps_browsers_safe(site: Site, path: str):
    """No framing, no guessing of types, no script from elsewhere."""
    headers = site.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in headers
    assert "server" not in headers


def test_ready_tells_what_is_paused(site: Site, ledger: Store):
    """Paused is no fault of this process: actions are still taken."""
    ledger.pauses.pause("all", "401 from the provider")
    health = wait_until(lambda: (found := site.get("/readyz").json())["paused"] and found)
    assert health["paused"] == {"all": "401 from the provider"}
    assert health["status"] == "ready"
    assert {check["name"] for check in health["checks"]} >= {"ledger", "durable", "campaigns"}
    ledger.pauses.resume("all")


def test_ready_tells_of_letters_that_a_person_should_decide_about(site: Site, ledger: Store, server: str):
    """Unknown for more than an hour: no fault of this process, and not to be overlooked."""
    with redis.Redis.from_url(server) as client:
        client.zadd("unknown:clean-rivers", {"old": time.time() - 4000, "new": time.time()})

    def told() -> str:
        checks = {check["name"]: check for check in site.get("/readyz").json()["checks"]}
        assert checks["unknown"]["ok"]
        return str(checks["unknown"].get("detail", ""))

    assert wait_until(told) == "for too long, clean-rivers: 1 of 2"


def test_the_description_is_valid_openapi(site: Site):
    """Every reference leads somewhere, and every schema is a schema."""
    document = site.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    assert all(f"#/components/schemas/{name}" in text for name in ("ActionIn", "ActionOut", "TallyOut"))
    references = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references <= schemas.keys()


def test_the_answers_fit_their_description(site: Site):
    """Whoever generates a client from it can rely on it."""
    document = site.get("/openapi.json").json()
    for name, answer in {
        "ActionOut": site.act(),
        "BallotOut": site.get(f"{CANDIDATES}?postcode=SW1A1AA"),
        "TallyOut": site.get(TALLY),
        "Health": site.get("/readyz"),
        "ProblemBody": site.act(action(name="")),
    }.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)


def test_the_log_names_no_person(site: Site, web: tuple[Running, Site]):
    """Law 9, in the log of a process that has seen names, addresses, postcodes and words."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    body = action(name="Quillon Vexley", email="quillon@vexley.example", message="My secret plan.", subject="Psst")
    answers = [
        site.act(body, traceparent=f"00-{trace}-b7ad6b7169203331-01"),
        site.act(action(name="Quillon Vexley\n.", email="quillon"), traceparent=f"00-{trace}-b7ad6b7169203331-01"),
    ]
    assert all(answer.headers["traceresponse"].startswith(f"00-{trace}-") for answer in answers)
    site.get(f"{CANDIDATES}?postcode=SW1A+1AA")
    refused = wait_until(lambda: [line for line in web[0].events("request.refused") if line.get("trace") == trace])
    assert (refused[0]["status"], refused[0]["problem"]) == (422, "invalid-fields")
    taken = [line for line in web[0].events("action.taken") if line.get("trace") == trace]
    assert taken
    written = web[0].text.casefold()
    for word in ("quillon", "vexley", "sw1a 1aa", "sw1a+1aa", "secret plan", "psst"):
        assert word not in written
