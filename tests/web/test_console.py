"""What the console shows and does: deeds ask once, are POSTs, and are known by who did them."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import replace

import pytest
import redis
from dramatiq import Message

from tests.store.test_mailings import MAILING
from tests.support.people import person, take
from tests.support.processes import Running
from tests.support.valkey import broker_url
from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.operators import Operator, script
from workers.campaign.ids import Ids
from workers.campaign.mailings import Stage
from workers.store import Store

SLUG = "clean-rivers"
LOOK = "/console/look.json"


@pytest.fixture
def operator(site: Site) -> Operator:
    """Somebody who is in."""
    operator = Operator(site)
    operator.login()
    return operator


def look(site: Site) -> dict:
    found: dict = script(site, LOOK).json()
    return found


def written(ledger: Store, number: int = 1) -> str:
    """A supporter's letters to two, who can be reached; the id of the action."""
    action = take(ledger, person(ledger.ids, number), ("1", "2"))
    ledger.letters.write(SLUG, [action.id], 60_000)
    return action.id


def said(web: tuple[Running, Site], event: str) -> dict:
    """The newest log line of an event."""
    return wait_until(lambda: web[0].events(event))[-1]


def test_the_page_and_its_json_say_the_same(operator: Operator, ledger: Store):
    """People read one, scripts the other."""
    written(ledger)
    ledger.meters.ticked()
    wait_until(lambda: look(operator.site)["books"][0]["total"] == 2)
    found = look(operator.site)
    (line,) = [one for one in found["campaigns"] if one["campaign"] == SLUG]
    assert (line["to_go"], line["state"], len(found["accepted"])) == (2, "open", 60)
    assert {one["kind"] for one in found["processes"]} <= {"web"}
    page = operator.get("/console").body.decode()
    assert "No worker gives a sign of life" in page
    assert re.search(r"<span>queued</span> 2", page)


def test_a_pause_asks_once_and_stands_there_with_who_made_it(operator: Operator, ledger: Store, web):
    """In the ledger, for every process; in the log; on the page."""
    written(ledger)
    question = operator.get(f"/console/pause?scope=campaign:{SLUG}").body.decode()
    assert f"Pause the campaign {SLUG}?" in question
    assert "<strong>2 letters</strong> will wait" in question
    assert ledger.pauses.all() == {}
    done = operator.does("/console/pause", scope=f"campaign:{SLUG}", reason=" a wrong  word ")
    assert (done.status, done.headers["location"]) == (303, "/console")
    why = ledger.pauses.all()[f"campaign:{SLUG}"]
    assert (why.reason, why.by) == ("a wrong word", "ines")
    line = said(web, "sending.paused")
    assert (line["scope"], line["campaign"], line["by"]) == (f"campaign:{SLUG}", SLUG, "ines")
    assert "a wrong word" in operator.get(f"/console/resume?scope=campaign:{SLUG}").body.decode()
    assert operator.does("/console/resume", scope=f"campaign:{SLUG}").status == 303
    assert ledger.pauses.all() == {}
    assert said(web, "sending.resumed")["by"] == "ines"
    assert operator.get(f"/console/resume?scope=campaign:{SLUG}").status == 404


@pytest.mark.parametrize("scope", ["all", "queue:letters", "queue:callbacks"])
def test_whatever_can_be_paused_can_be_resumed(operator: Operator, ledger: Store, scope: str):
    """Everything, and a queue in all campaigns."""
    assert operator.does("/console/pause", scope=scope).status == 303
    assert ledger.pauses.all().keys() == {scope}
    assert operator.does("/console/resume", scope=scope).status == 303
    assert ledger.pauses.all() == {}


def test_a_domain_is_paused_by_its_name(operator: Operator, ledger: Store):
    """Log and metrics know its id only."""
    assert operator.does("/console/pause", scope="domain", domain="Candidates.Example").status == 303
    ((scope, why),) = ledger.pauses.all().items()
    assert (why.domain, why.by, "example" in scope) == ("candidates.example", "ines", False)
    wait_until(lambda: "mail to candidates.example" in operator.get("/console").body.decode())
    assert operator.does("/console/resume", scope=scope).status == 303


def test_a_bulletin_on_its_way_has_its_books_and_a_stop_of_its_own(operator: Operator, ledger: Store):
    """The letters of its campaign go on."""
    bulletin = replace(MAILING, campaign=SLUG)
    ledger.mailings.approve(bulletin, 10)
    ledger.mailings.move(bulletin.book, Stage.GATHERING, Stage.APPROVED)
    scope = f"mailing:{bulletin.book}"
    wait_until(lambda: "bulletin news, 1" in operator.get("/console").body.decode(), 10)
    assert f"Pause the mailing {bulletin.book}?" in operator.get(f"/console/pause?scope={scope}").body.decode()
    assert operator.does("/console/pause", scope=scope).status == 303
    assert ledger.pauses.all().keys() == {scope}
    (book,) = [one for one in look(operator.site)["books"] if one["book"] == bulletin.book]
    assert (book["stage"], book["paused"]) == ("gathering", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "campaign:none"},
        {"scope": "domain", "domain": "no domain"},
        {"scope": ""},
        {"scope": "all", "reason": "x" * 201},
    ],
)
def test_what_cannot_be_meant_pauses_nothing(operator: Operator, ledger: Store, fields: dict[str, str]):
    """And is told so."""
    assert operator.does("/console/pause", **fields).status == 422
    assert ledger.pauses.all() == {}


def test_no_look_at_a_question_does_anything(operator: Operator, ledger: Store):
    """Browsers fetch links ahead."""
    operator.does("/console/pause", scope="all")
    for path in (
        "/console/pause?scope=queue:letters",
        "/console/resume?scope=all",
        "/console/dead-letters/all/discard",
    ):
        assert operator.get(path).status == 200
    assert ledger.pauses.all().keys() == {"all"}
    assert operator.send("/console/resume", scope="all").status == 403


@pytest.fixture
def dead(server: str, ledger: Store) -> list[str]:
    """Two dead letters that can be worked again, and one that cannot."""
    ids = ["11111111-a", "22222222-b", "33333333-c"]
    with redis.Redis.from_url(broker_url(server)) as client:
        for number, (letter, actor) in enumerate(zip(ids, ["send_letters", "send_letters", "gone"], strict=True)):
            options = {"redis_message_id": letter, "traceback": "Traceback (most recent call last):\nKeyError: 'x'"}
            message: Message = Message("letters", actor, (), {"campaign": SLUG, "actions": ["a1"]}, options)
            client.hset("dramatiq:letters.XQ.msgs", letter, message.encode())
            client.zadd("dramatiq:letters.XQ", {letter: time.time() * 1000 + number})
    return ids


def test_dead_letters_are_read_put_back_and_thrown_away(operator: Operator, dead: list[str], server: str, web):
    """Each deed is known by who did it."""
    listed = operator.get("/console/dead-letters").body.decode()
    assert all(f"/console/dead-letters/{letter}" in listed for letter in dead)
    page = operator.get(f"/console/dead-letters/{dead[0]}").body.decode()
    assert "KeyError" in page
    assert "&#34;actions&#34;" in page
    assert operator.does(f"/console/dead-letters/{dead[0]}/replay").status == 303
    assert said(web, "dead_letter.replayed")["by"] == "ines"
    assert operator.does(f"/console/dead-letters/{dead[2]}/replay").status == 409
    assert operator.does(f"/console/dead-letters/{dead[2]}/discard").status == 303
    assert said(web, "dead_letter.discarded")["message_id"] == dead[2]
    assert operator.does("/console/dead-letters/all/replay").status == 303
    assert operator.does("/console/dead-letters/all/nothing").status == 404
    assert operator.get(f"/console/dead-letters/{dead[1]}").status == 404
    with redis.Redis.from_url(broker_url(server)) as client:
        assert client.llen("dramatiq:letters") == 2
        assert client.zcard("dramatiq:letters.XQ") == 0


def test_a_story_names_nobody_until_somebody_asks_and_then_the_log_knows(operator: Operator, ledger: Store, web):
    """Supporter and candidate, and in the events as well, which outlive the log."""
    action = written(ledger, 7)
    letter = ledger.letters.of_action(ledger.actions.get(action))[0].id
    assert operator.get(f"/console/explain?about={letter}").headers["location"] == f"/console/explain/{letter}"
    for about in (letter, action, f"1?campaign={SLUG}", ledger.actions.get(action).person):
        page = operator.get(f"/console/explain/{about}")
        assert page.status == 200
        assert not re.search(rb"Supporter 7|s7@|ZZ1|@candidates", page.body)
    shown = operator.does(f"/console/explain/{letter}/person").body.decode()
    assert all(words in shown for words in ("Supporter 7", "s7@supporters.example", "ZZ1 1AA", "c1@candidates.example"))
    line = said(web, "console.person_shown")
    assert (line["by"], line["person"], line["candidate"]) == ("ines", ledger.actions.get(action).person, "1")
    assert ledger.events.newest(1)[0].kind == "console.person_shown"
    assert operator.get(f"/console/explain/{letter}/person").status == 404


def test_what_is_no_id_or_unknown_is_told(operator: Operator):
    """Whatever somebody types."""
    assert operator.get("/console/explain/sam@supporters.example").status == 422
    assert operator.get(f"/console/explain/nobody?campaign={SLUG}").status == 404
    assert operator.get("/console/explain/1?campaign=none").status == 404


def test_a_watcher_hears_of_what_changes_and_is_let_go_with_the_session(operator: Operator, ledger: Store, server: str):
    """The stream sends what differs, and does not keep a forgotten browser logged in."""
    connection = http.client.HTTPConnection("127.0.0.1", operator.site.port, timeout=20)
    connection.request("GET", "/console/live", headers={"cookie": operator.cookie, "accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    assert {"alarms", "books"} <= _next(answer, "parts").keys()
    ledger.pauses.pause("all", "a look")
    wait_until(lambda: "a look" in _next(answer, "parts").get("stops", ""))
    with redis.Redis.from_url(server) as client:
        client.delete(*client.keys("session:*"))
    assert _next(answer, "over") == {}
    connection.close()


def _next(answer, name: str) -> dict[str, str]:
    """The values of the next event of that name."""
    event = ""
    while line := answer.readline().decode().strip("\r\n") or "\n":
        if line.startswith("event: "):
            event = line[7:]
        if line.startswith("data: ") and event == name:
            found: dict[str, str] = json.loads(line[6:])
            return found
    raise AssertionError


def test_nobody_who_is_not_in_gets_anything(site: Site, ids: Ids):
    """Neither pages, numbers, stream nor deeds."""
    for path in ("", "/look.json", "/live", "/log", "/dead-letters", "/explain/a", "/pause", "/resume", "/anything"):
        assert site.get(f"/console{path}").status == 401, path
        assert site.ask("POST", f"/console{path}", b"").status in (401, 405), path
