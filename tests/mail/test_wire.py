"""Connections: kept, checked, secured, and exact about whether a letter may have left."""

from __future__ import annotations

import socket
import time

import pytest

from tests.mail.post_office import write
from tests.mail.posts import ACCEPTED, ENVELOPE, KEY, errors, posted, sendgrid
from tests.mail.providers import Provider, answers, certificate, provider, reply, reset
from tests.support.ports import free_port
from tests.support.wait import wait_until
from workers.campaign.outcomes import Outcome
from workers.mail.sendgrid import SendGrid


def test_connections_are_kept_alive():
    """A TLS handshake for each letter would be the dearest part of it."""
    with provider(answers(ACCEPTED)) as running, sendgrid(running.url) as mailer:
        assert {mailer.post(ENVELOPE).outcome for _ in range(5)} == {Outcome.ACCEPTED}
    assert (running.connections, len(running.requests)) == (1, 5)


def test_a_connection_closed_while_idle_is_not_used_again():
    """Found before the letter leaves: it goes over a new connection and is accepted."""

    def once(connection: socket.socket, running: Provider) -> None:
        running.read(connection)
        connection.sendall(ACCEPTED)

    with provider(once) as running, sendgrid(running.url) as mailer:
        for _ in range(3):
            assert mailer.post(ENVELOPE).outcome is Outcome.ACCEPTED
            wait_until(lambda: running.closed == running.connections)
        assert running.connections == 3


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch):
    """A provider closes it about then: a letter that crosses that end would be unknown."""
    monkeypatch.setattr("workers.mail.wire._MAX_IDLE_S", 0)
    with provider(answers(ACCEPTED)) as running, sendgrid(running.url) as mailer:
        assert {mailer.post(ENVELOPE).outcome for _ in range(3)} == {Outcome.ACCEPTED}
    assert (running.connections, len(running.requests)) == (3, 3)


def test_a_surplus_answer_is_not_taken_for_the_next_letters():
    """A refusal that belongs to nobody must refuse no letter."""
    with provider(answers(ACCEPTED + reply(400))) as running, sendgrid(running.url) as mailer:
        assert {mailer.post(ENVELOPE).outcome for _ in range(3)} == {Outcome.ACCEPTED}


@pytest.mark.parametrize("said", [reply(202, Connection="close"), b"HTTP/1.0 202 OK\r\n\r\n"])
def test_a_connection_that_is_over_is_not_kept(said):
    """The provider said so: a letter sent over it would be unknown."""

    def script(connection: socket.socket, running: Provider) -> None:
        running.read(connection)
        connection.sendall(said)

    with provider(script) as running, sendgrid(running.url) as mailer:
        for _ in range(2):
            assert mailer.post(ENVELOPE).outcome is Outcome.ACCEPTED
    assert running.connections == 2


def test_a_refused_connection_is_surely_not_sent():
    """Nobody listens: try again soon."""
    with sendgrid(f"http://127.0.0.1:{free_port()}") as mailer:
        answer = mailer.post(ENVELOPE)
    assert (answer.outcome, answer.reason) == (Outcome.LATER, "connection refused")
    assert 0 < answer.retry_at - time.time() < 10


def test_an_unknown_host_is_surely_not_sent():
    """The name server is down, or the address mistyped: nothing left."""
    with sendgrid("https://nowhere.invalid") as mailer:
        assert mailer.post(ENVELOPE).outcome is Outcome.LATER


def test_a_connection_that_is_never_taken_is_surely_not_sent():
    """A handshake that does not come within the connect timeout never reached a program."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mailer = SendGrid(f"https://127.0.0.1:{listener.getsockname()[1]}", KEY, connect_timeout_s=0.2)
        answer = mailer.post(ENVELOPE)
    assert (answer.outcome, answer.reason) == (Outcome.LATER, "no connection within 0.2 s")


def test_a_letter_does_not_leave_after_its_time(monkeypatch):
    """Names looked up slowly, or dead addresses first: by then the claim may have ended, so it must not be sent."""
    look_up = socket.getaddrinfo

    def slowly(*args: object, **options: object) -> object:
        time.sleep(0.3)
        return look_up(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    with (
        provider(answers(ACCEPTED)) as running,
        sendgrid(running.url, connect_timeout_s=0.1, read_timeout_s=0.1) as mailer,
    ):
        assert mailer.post(ENVELOPE).outcome is Outcome.LATER
    assert running.requests == []


def test_tls_reaches_a_provider_whose_certificate_is_trusted(tmp_path):
    """The outbox's own certificate is trusted by naming its file."""
    trusted, context = certificate(tmp_path)
    with provider(answers(ACCEPTED), context) as running, sendgrid(running.url, ca_file=str(trusted)) as mailer:
        assert {mailer.post(ENVELOPE).outcome for _ in range(3)} == {Outcome.ACCEPTED}
    assert running.connections == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_a_wrong_certificate_gets_no_letter(tmp_path, host):
    """Neither one that nobody vouches for nor one of another host: the key would go to whoever listens."""
    trusted, context = certificate(tmp_path, host)
    options = {"ca_file": str(trusted)} if host != "127.0.0.1" else {}
    with provider(answers(ACCEPTED), context) as running, sendgrid(running.url, **options) as mailer:
        answer = mailer.post(ENVELOPE)
    assert answer.outcome is Outcome.LATER
    assert answer.reason.startswith("certificate not trusted")
    assert running.requests == []


def test_a_provider_that_speaks_no_tls_gets_no_letter():
    """http where https was asked for is a set-up fault, found before anything leaves."""
    with provider(answers(ACCEPTED)) as running, sendgrid(running.url.replace("http", "https")) as mailer:
        assert mailer.post(ENVELOPE).outcome is Outcome.LATER


def closed_after_the_request(connection: socket.socket, running: Provider) -> None:
    running.read(connection)


def half_closed(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.shutdown(socket.SHUT_WR)
    running.stop.wait(1)


def reset_after_the_request(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    reset(connection)


def reset_before_reading(connection: socket.socket, running: Provider) -> None:
    connection.recv(1)
    reset(connection)


def silent(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    running.stop.wait(5)


def dripping(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\n")
    while not running.stop.wait(0.02):
        connection.sendall(b"X-Drip: 1\r\n")


def not_http(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


def too_long(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\n" + b"X-Long: y\r\n" * 100_000)


def switching(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")


@pytest.mark.parametrize(
    "script",
    [
        closed_after_the_request,
        half_closed,
        reset_after_the_request,
        reset_before_reading,
        silent,
        dripping,
        not_http,
        too_long,
        switching,
    ],
)
def test_a_call_that_breaks_after_it_left_is_unknown_and_ends_in_time(script):
    """It may have been taken. A provider that drips must not hold a thread for ever either."""
    began = time.monotonic()
    answer = posted(script, read_timeout_s=0.4)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.reason
    assert time.monotonic() - began < 3


def cut_in_the_body(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 100\r\n\r\nhalf")


def informed_first(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 100 Continue\r\nX-Message-Id: no\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    connection.sendall(reply(202, X_Message_Id="abc"))


def chunked(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    for byte in b"HTTP/1.1 202 Accepted\r\nx-message-id: abc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n":
        connection.sendall(bytes([byte]))


def dripping_in_the_body(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 100000\r\n\r\n")
    while not running.stop.wait(0.02):
        connection.sendall(b"x")


def endless_body(connection: socket.socket, running: Provider) -> None:
    running.read(connection)
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\n\r\n")
    while not running.stop.is_set():
        connection.sendall(b"x" * 65_536)


@pytest.mark.parametrize("script", [cut_in_the_body, dripping_in_the_body, endless_body, informed_first, chunked])
def test_a_status_that_arrived_counts_however_the_rest_came(script):
    """202 was said: the letter is a contact, whatever became of the body, and no body holds a thread for long."""
    began = time.monotonic()
    answer = posted(script, read_timeout_s=0.4)
    assert time.monotonic() - began < 3
    assert (answer.outcome, answer.message_id) == (Outcome.ACCEPTED, "abc")


def test_an_early_refusal_of_a_large_call_is_heard(tmp_path):
    """413 is said before all is read; the reset that follows must not hide it."""

    def early(connection: socket.socket, running: Provider) -> None:
        connection.recv(1000)
        connection.sendall(reply(413, errors("content too large")))
        connection.shutdown(socket.SHUT_WR)
        running.stop.wait(0.5)

    large, (trusted, context) = write(message="x" * 8_000_000)[0], certificate(tmp_path)
    for tls in (None, context):
        with provider(early, tls) as running, sendgrid(running.url, ca_file=str(trusted)) as mailer:
            assert mailer.post(large).outcome is Outcome.REFUSED
