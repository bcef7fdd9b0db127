"""urllib3's pool of kept-alive connections to one provider, made exact about whether a request may have left."""

from __future__ import annotations

import http.client
import io
import logging
import math
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from workers.errors import ConfigError

#: Seconds after which an idle connection is not used again: below any provider's own limit, because a connection
#: that the provider closes just as a call leaves makes the outcome unknown.
_MAX_IDLE_S = 15.0
#: Bytes of an answer's body that are read at most; SendGrid's are below 2,000.
_MAX_BODY = 65_536

# Its one warning repeats an answer's malformed headers, whatever the provider put there.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class NotSentError(Exception):
    """Raised when no byte of the request was written: it may be tried again. The text is fit for a log."""


class MaybeSentError(Exception):
    """Raised when the request may have left and no answer came. The text is fit for a log."""


@dataclass(slots=True)
class Reply:
    """An answer; ``headers`` are found in any case, and ``body`` is empty if it broke off after the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Wire:
    """Connections to ``base_url``, for any number of threads; at most ``pool`` of them are kept while idle."""

    def __init__(
        self, base_url: str, *, connect_timeout_s: float, read_timeout_s: float, pool: int, ca_file: str = ""
    ) -> None:
        url, timeout = _checked(base_url), Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._path, host = (url.path or "").rstrip("/"), url.host or ""
        self._connect_s, self._read_s = connect_timeout_s, read_timeout_s
        self._pool: HTTPConnectionPool
        if url.scheme == "https":
            self._pool = HTTPSConnectionPool(host, url.port, timeout, maxsize=pool, ssl_context=_tls(ca_file))
            self._pool.ConnectionCls = _Secure
        else:
            self._pool = HTTPConnectionPool(host, url.port, timeout, maxsize=pool)
            self._pool.ConnectionCls = _Plain

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """The answer, once; whatever is sent ends within both timeouts together, counted from here.

        A host with several dead addresses takes the connect timeout for each. NotSentError and MaybeSentError say
        what a failure means.
        """
        _call.begin(self._connect_s + self._read_s, self._read_s)
        try:
            response = self._pool.urlopen(
                method, self._path + path, body, headers, retries=False, redirect=False, preload_content=False
            )
        except (HTTPError, http.client.HTTPException, OSError) as problem:
            if _call.is_sent:
                raise MaybeSentError(_named(problem, f"no answer within {self._read_s:g} s")) from None
            raise NotSentError(_named(problem, f"no connection within {self._connect_s:g} s")) from None
        return Reply(response.status, response.headers, _body(response))

    def close(self) -> None:
        """Closes what is idle, and what is in use after its answer; nothing is sent from now on."""
        self._pool.close()


class _Call(threading.local):
    """How far this thread's call has come; a thread makes one call at a time."""

    is_sent, _deadline, _read_s = False, 0.0, 0.0

    def begin(self, longest_s: float, read_s: float) -> None:
        self.is_sent, self._deadline, self._read_s = False, monotonic() + longest_s, read_s

    def leave(self) -> None:
        """Says that the first byte goes out now; TimeoutError if it is too late for that."""
        if not self.is_sent:
            self._deadline = monotonic() + min(self.remaining(), self._read_s)
            self.is_sent = True

    def remaining(self) -> float:
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


_call = _Call()


class _Reader(io.RawIOBase):
    """Reads no longer than until the call's deadline: the socket's own timeout begins again with each byte."""

    def __init__(self, raw: io.RawIOBase, source: socket.socket) -> None:
        self._raw, self._source = raw, source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._source.settimeout(_call.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        # http.client reads on after 100 only, and would take 103 (early hints) for the answer.
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, http.client.CONTINUE if 101 < status < 200 else status, reason


class _Plain(HTTPConnection):
    response_class = _Answer
    _used = -math.inf
    _parts: list[bytes] | None = None  # of the request that is put together

    @property
    def is_connected(self) -> bool:
        """Not old, and nothing to read: an idle connection that has something to say was closed by the provider."""
        return monotonic() - self._used < _MAX_IDLE_S and super().is_connected

    def request(self, *arguments: Any, **options: Any) -> None:
        """In one write: a head and a body of their own would be two TLS records, and wake the other side twice."""
        parts: list[bytes] = []
        self._parts = parts
        try:
            super().request(*arguments, **options)
        finally:
            self._parts = None
        self.send(b"".join(parts))

    def send(self, data: Any) -> None:
        if self._parts is not None:
            self._parts.append(data)
            return
        if self.sock is None:
            self.connect()
        _call.leave()
        self.sock.settimeout(_call.remaining())
        # Stays so if it breaks off: an early refusal (413) is read, but the connection is not used again.
        self._used = -math.inf
        super().send(data)
        self._used = monotonic()


class _Secure(_Plain, HTTPSConnection):
    def send(self, data: Any) -> None:
        try:
            super().send(data)
        except ssl.SSLError:
            # After this one urllib3 reads what the provider said before it stopped listening.
            raise BrokenPipeError from None


def _body(response: Any) -> bytes:
    """What came in time; the connection goes back into the pool only if that was all of it."""
    try:
        # 101: whatever follows is not HTTP.
        return response.read(_MAX_BODY, decode_content=False) if response.status >= 200 else b""
    except (HTTPError, http.client.HTTPException, OSError):
        return b""
    finally:
        response.close()


def _tls(ca_file: str) -> ssl.SSLContext:
    """Verifies certificate and host name, against ``ca_file`` alone if there is one."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        raise ConfigError("cannot be read as certificates", where="mail.ca_file", mend="name a PEM file") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _checked(base_url: str) -> Url:
    try:
        url = parse_url(base_url)
        usable = url.scheme in ("http", "https") and url.host and url.port != 0 and not (url.query or url.auth)
    except LocationParseError:
        usable = None
    if not usable or not (base_url.isascii() and base_url.isprintable()) or " " in base_url:
        raise ConfigError("is not an http or https address", where="mail.base_url", mend="https://api.sendgrid.com")
    return url


def _named(problem: BaseException, late: str) -> str:
    """A problem in a few words that hold nothing of the request or the answer."""
    # urllib3's own texts name hosts and addresses: what the system said is inside.
    if inside := problem.__cause__ or next((part for part in problem.args if isinstance(part, Exception)), None):
        return _named(inside, late)
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return f"TLS failed: {problem.reason or 'connection ended'}"
    texts: dict[Any, str] = {
        TimeoutError: late,
        (socket.gaierror, UnicodeError, LocationParseError): "host name not found",
        http.client.RemoteDisconnected: "connection closed before an answer",
        http.client.HTTPException: "answer is not HTTP",
    }
    system = getattr(problem, "strerror", None) or type(problem).__name__
    return next((text for kinds, text in texts.items() if isinstance(problem, kinds)), system.lower())
