"""Providers that answer, and misbehave, as a test says: real sockets on the loopback, plain or with TLS."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: What a provider does with one connection.
Script = Callable[[socket.socket, "Provider"], None]


@dataclass
class Provider:
    """A listening provider and what reached it."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def read(self, connection: socket.socket) -> bytes:
        """One whole request, or b"" when the client has gone."""
        got = b""
        while b"\r\n\r\n" not in got:
            more = connection.recv(65536)
            if not more:
                return b""
            got += more
        head, _, body = got.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


@contextlib.contextmanager
def provider(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Provider]:
    """Runs ``script`` on each connection, one after another, each in its own thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    port = listener.getsockname()[1]
    running = Provider(f"{'https' if tls else 'http'}://127.0.0.1:{port}")
    threads = [threading.Thread(target=_accept, args=(listener, script, tls, running))]
    threads[0].start()
    try:
        yield running
    finally:
        running.stop.set()
        threads[0].join(10)
        listener.close()


def _accept(listener: socket.socket, script: Script, tls: ssl.SSLContext | None, running: Provider) -> None:
    threads = []
    while not running.stop.is_set():
        with contextlib.suppress(TimeoutError):
            connection, _ = listener.accept()
            running.connections += 1
            threads.append(threading.Thread(target=_serve, args=(connection, script, tls, running)))
            threads[-1].start()
    for thread in threads:
        thread.join(10)


def _serve(connection: socket.socket, script: Script, tls: ssl.SSLContext | None, running: Provider) -> None:
    connection.settimeout(5)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        if tls:
            with tls.wrap_socket(connection, server_side=True) as wrapped:
                script(wrapped, running)
        else:
            script(connection, running)
    running.closed += 1


def answers(*replies: bytes) -> Script:
    """One reply for each request on a connection, the last one for ever."""

    def script(connection: socket.socket, running: Provider) -> None:
        number = 0
        while not running.stop.is_set() and running.read(connection):
            connection.sendall(replies[min(number, len(replies) - 1)])
            number += 1

    return script


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer; header names are written with underscores."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def reset(connection: socket.socket) -> None:
    """Closes with a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate of its own for ``host``: the file to trust, and the context to serve with."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / f"{host}.pem", folder / f"{host}.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
