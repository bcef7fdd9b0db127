"""The outbox misbehaves as it is told, on real sockets."""

from __future__ import annotations

import json
import socket
import time

import pytest
import urllib3

from tests.outbox.conftest import KEY, Client, call
from tests.support.outbox import Outbox
from workers.outbox import ledger


class Since:
    """A running outbox, and what it kept and refused since a test began: to start one takes longer than the tests."""

    def __init__(self, outbox: Outbox) -> None:
        assert outbox.process
        self.url, self._folder, self._process = outbox.url, outbox.folder, outbox.process
        self._kept = self._refused = self._logged = 0
        Client(outbox).rule(clear=True)
        self._kept, self._refused, self._logged = len(self.kept()), len(self.refused()), len(self.logged())

    def kept(self):
        """The fault that each mail met."""
        return [mail.fault for mail in ledger.read(self._folder)][self._kept :]

    def refused(self):
        path = self._folder / "refused.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()][self._refused :] if path.exists() else []

    def logged(self):
        return self._process.stderr[self._logged :]


@pytest.fixture(scope="module")
def outboxes(tmp_path_factory):
    """With HTTPS or without → one that runs."""
    with (
        Outbox(tmp_path_factory.mktemp("plain")) as plain,
        Outbox(tmp_path_factory.mktemp("secure"), https=True) as secure,
    ):
        yield {False: plain, True: secure}


@pytest.fixture
def outbox(outboxes):
    return Since(outboxes[False])


@pytest.fixture
def posted(client):
    """Posts once; the status, or None if the connection ended with no answer."""

    def post(*addresses: str):
        try:
            return client.send(call(*addresses))
        except urllib3.exceptions.ProtocolError:
            return None

    return post


@pytest.fixture
def client(outboxes, outbox):
    return Client(outboxes[False])


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 503])
def test_any_status_can_be_answered_a_number_of_times(status, outbox, client, posted):
    """The mail is not kept, and the next call is taken as usual."""
    client.rule(fault="status", status=status, times=2)
    assert [posted().status for _ in range(3)] == [status, status, 202]
    assert outbox.kept() == [""]


def test_a_429_says_when_to_come_back_or_does_not(client, posted):
    """Both happen at the provider; the reset is in whole seconds since 1970 and never in the past."""
    client.rule(fault="status", status=429, reset_in=2, times=1)
    assert 1 <= int(posted().headers["X-RateLimit-Reset"]) - time.time() <= 3
    client.rule(fault="status", status=429, times=1)
    assert "X-RateLimit-Reset" not in posted().headers


def test_a_400_can_blame_a_field(client, posted):
    """For fields that only the real provider would refuse."""
    client.rule(fault="status", status=400, field="reply_to", message="not today", times=1)
    assert posted().json()["errors"] == [{"message": "not today", "field": "reply_to", "help": None}]


def test_credits_run_out(client, posted):
    """The 401 that must pause everything."""
    client.rule(fault="credits", times=1)
    answer = posted()
    assert (answer.status, answer.json()["errors"][0]["message"]) == (401, "Maximum credits exceeded")


def test_one_address_is_refused_wherever_it_stands(client, posted):
    """Until cleared; other calls pass. This is what splitting is tested with."""
    client.rule(fault="refuse_address", address="Bad@party.example")
    for _ in range(2):
        answer = posted("a@party.example", "bad@party.example")
        assert answer.status == 400
        assert [one["field"] for one in answer.json()["errors"]] == ["personalizations.1.to.0.email"]
    assert posted("a@party.example").status == 202
    client.rule(clear=True)
    assert posted("bad@party.example").status == 202


def test_a_redirect_keeps_nothing(outbox, client, posted):
    """A client that follows it gets 200 from a GET and must not believe it."""
    client.rule(fault="redirect", times=1)
    answer = posted()
    assert (answer.status, answer.headers["Location"], outbox.kept()) == (302, "/livez", [])


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize(
    ("fault", "keeps"),
    [("half_close", False), ("reset", False), ("close_after_accept", True), ("reset_after_accept", True)],
)
def test_a_connection_ends_with_no_answer(fault, keeps, https, outboxes):
    """Whether the mail was kept is just what the client cannot know."""
    outbox, client = Since(outboxes[https]), Client(outboxes[https])
    client.rule(fault=fault, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        client.send(call())
    assert outbox.kept() == ([fault] if keeps else [])
    assert client.send(call()).status == 202


@pytest.mark.parametrize(("fault", "is_reset"), [("reset_after_accept", True), ("close_after_accept", False)])
def test_a_reset_is_a_reset_and_a_close_is_a_close(fault, is_reset, outbox, client):
    """Seen on the bare socket: RST or FIN."""
    client.rule(fault=fault, times=1)
    body = json.dumps(call()).encode()
    head = f"POST /v3/mail/send HTTP/1.1\r\nHost: x\r\nAuthorization: {KEY['Authorization']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    port = int(outbox.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        try:
            ended = connection.recv(1000)
        except ConnectionResetError:
            ended = None
    assert (ended is None) == is_reset
    assert not ended


def test_accept_then_fail_keeps_the_mail(outbox, client, posted):
    """The case that makes a letter unknown: 500, and yet it left."""
    client.rule(fault="accept_then_fail", times=1)
    assert posted().status == 500
    assert outbox.kept() == ["accept_then_fail"]


def test_a_202_can_come_without_an_id(outbox, client, posted):
    """Accepted all the same."""
    client.rule(fault="no_message_id", times=1)
    answer = posted()
    assert (answer.status, answer.headers.get("X-Message-Id"), len(outbox.kept())) == (202, None, 1)


@pytest.mark.parametrize("fault", ["slow", "slow_after_accept"])
def test_a_slow_answer_comes_in_the_end(fault, outbox, client, posted):
    """For read timeouts: before the mail is kept, or after."""
    client.rule(fault=fault, ms=300, times=1)
    began = time.monotonic()
    assert posted().status == 202
    assert time.monotonic() - began >= 0.3


def test_a_rule_may_meet_only_a_share_of_calls(client, posted):
    """Repeatable: the seed decides which."""
    client.rule(fault="status", status=500, rate=0.5)
    answers = [posted().status for _ in range(40)]
    assert 5 <= answers.count(500) <= 35


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "explode"}, {"fault": "status"}, {"fault": "status", "status": 200},
        {"fault": "refuse_address"},
        {"fault": "slow", "ms": -1}, {"fault": "slow", "times": 0}, {"fault": "slow", "rate": 2},
        {"fault": "slow", "x": 1}, {}, {"rules": 3}, {"events": {"bounce": 2}}, {"events": {"bounce": "x"}},
        {"events": {"to": 3}}, {"events": {"to": "ftp://x.example"}},
    ],
)  # fmt: skip
def test_a_rule_that_means_nothing_is_refused(rule, client):
    """400, and no rule is added."""
    assert client.rule(**rule).status == 400
    assert client.json("/outbox/rules")["rules"] == []


def test_rules_are_listed_with_what_is_left_of_them(client, posted):
    """So that a test can see whether its fault was met."""
    client.rule(rules=[{"fault": "status", "status": 503, "times": 2}, {"fault": "credits", "times": 1}])
    posted()
    assert client.json("/outbox/rules")["rules"] == [
        {"fault": "status", "status": 503, "times": 1},
        {"fault": "credits", "times": 1},
    ]


def test_rules_can_be_given_at_the_start(start):
    """In short, or as JSON."""
    short, long = "accept_then_fail:times=1", json.dumps({"fault": "status", "status": 429, "times": 1})
    client = Client(start("--fault", short, "--fault", long))
    assert [client.send(call()).status for _ in range(3)] == [500, 429, 202]


def test_what_was_refused_is_noted_without_any_address(outbox, client, posted):
    """Status, reason and delivery ids; also nothing personal in the log."""
    client.rule(fault="half_close", times=1)
    posted("jo@party.example")
    posted("a@party.example", "not-an-address", "A@party.example")
    lines = outbox.refused()
    assert [(line["status"], line["deliveries"]) for line in lines] == [(0, ["d0"]), (400, ["d0", "d1", "d2"])]
    log = outbox.logged()
    assert "outbox.refused" in log
    assert not any(word in log + str(lines) for word in ("party.example", "not-an-address", "Jo Recipient"))
