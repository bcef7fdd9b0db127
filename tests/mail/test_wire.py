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


@pytest.mark.parametrize(
    "said", [reply(202, Connection="close"), ACCEPTED + b"HTTP/1.1 500 Surplus\r\n", b"HTTP/1.0 202 OK\r\n\r\n"]
)
def test_a_connection_that_is_over_or_says_too_much_is_not_kept(said):
    """A surplus answer would be taken for the next letter's."""

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


@pytest.mark.parametrize("script", [cut_in_the_body, informed_first, chunked])
def test_a_status_that_arrived_counts_however_the_rest_came(script):
    """202 was said: the letter is a contact, whatever became of the body."""
    answer = posted(script)
    assert (answer.outcome, answer.message_id) == (Outcome.ACCEPTED, "abc")


def test_an_early_refusal_of_a_large_call_is_heard():
    """413 is said before all is read; the reset that follows must not hide it."""

    def early(connection: socket.socket, running: Provider) -> None:
        connection.recv(1000)
        connection.sendall(reply(413, errors("content too large")))
        connection.shutdown(socket.SHUT_WR)
        running.stop.wait(0.5)

    large = write(message="x" * 8_000_000)[0]
    with provider(early) as running, sendgrid(running.url) as mailer:
        assert mailer.post(large).outcome is Outcome.REFUSED
