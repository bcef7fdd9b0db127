"""Kept-alive HTTP/1.1 connections to one provider, with deadlines, and exact about whether a request may have left."""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from workers.errors import ConfigError

#: Seconds after which an idle connection is not used again: below any provider's own limit, because a connection
#: that the provider closes just as a call leaves makes the outcome unknown.
_MAX_IDLE_S = 15.0
#: Bytes of an answer that are read at most; SendGrid's are below 2,000.
_MAX_ANSWER = 65_536


class NotSentError(Exception):
    """Raised when no byte of the request was written: it may be tried again. The text is fit for a log."""


class MaybeSentError(Exception):
    """Raised when the request may have left and no answer came. The text is fit for a log."""


@dataclass(slots=True)
class Reply:
    """An answer; ``headers`` have lower-case names, and ``body`` may be cut short once the status is known."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Wire:
    """Connections to ``base_url``, for any number of threads; at most ``pool`` of them are kept while idle."""

    def __init__(
        self, base_url: str, *, connect_timeout_s: float, read_timeout_s: float, pool: int, ca_file: str = ""
    ) -> None:
        url = _checked(base_url)
        self.host, self.path = url.netloc.rpartition("@")[2], url.path.rstrip("/")
        self._target = (url.hostname or "", url.port or {"https": 443, "http": 80}[url.scheme])
        self._tls = _tls(ca_file) if url.scheme == "https" else None
        self._connect_timeout_s, self._read_timeout_s = connect_timeout_s, read_timeout_s
        self._idle: deque[_Connection] = deque(maxlen=pool)

    def ask(self, request: bytes) -> Reply:
        """The answer to a whole request, within the connect and read timeouts (looking up the name apart).

        NotSentError and MaybeSentError say what a failure means.
        """
        connection = self._idle_connection() or self._connect()
        keep = False
        try:
            reply, keep = connection.ask(request, monotonic() + self._read_timeout_s)
        except TimeoutError:
            raise MaybeSentError(f"no answer within {self._read_timeout_s:g} s") from None
        except (OSError, HttpParserError, HttpParserUpgrade) as problem:
            raise MaybeSentError(_named(problem)) from None
        finally:
            self._give_back(connection, keep=keep)
        return reply

    def close(self) -> None:
        """Closes what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _idle_connection(self) -> _Connection | None:
        # The last one used comes first: the others grow old and are let go.
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_usable():
                return connection
            connection.close()

    def _give_back(self, connection: _Connection, *, keep: bool) -> None:
        if keep and len(self._idle) < (self._idle.maxlen or 0):
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self) -> _Connection:
        try:
            return _Connection(self._open())
        except TimeoutError:
            raise NotSentError(f"no connection within {self._connect_timeout_s:g} s") from None
        except (OSError, UnicodeError) as problem:
            raise NotSentError(_named(problem)) from None

    def _open(self) -> socket.socket:
        deadline = monotonic() + self._connect_timeout_s
        plain = _reached(self._target, deadline)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_remaining(deadline))
            return self._tls.wrap_socket(plain, server_hostname=self._target[0]) if self._tls else plain
        except BaseException:
            plain.close()
            raise


class _Connection:
    """One socket, and the parser's callbacks for the answer that is being read."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._poll = select.poll()
        self._poll.register(opened, select.POLLIN)
        self._used = monotonic()

    def is_usable(self) -> bool:
        """Not old, and nothing to read: an idle connection that has something to say was closed by the provider."""
        return monotonic() - self._used < _MAX_IDLE_S and not self._poll.poll(0)

    def close(self) -> None:
        self._socket.close()

    def ask(self, request: bytes, deadline: float) -> tuple[Reply, bool]:
        """The answer, and whether the connection may be used again."""
        try:
            self._write(request, deadline)
        except OSError as problem:
            # A provider that refuses early (413) answers before it has read all.
            answer = self._read(min(deadline, monotonic() + 1))
            if not answer.has_status:
                raise problem from None
            return answer.reply, False
        answer = self._read(deadline)
        self._used = monotonic()
        if not answer.has_status:
            raise answer.problem or ConnectionError("connection closed before an answer")
        return answer.reply, answer.is_whole and answer.keeps_alive

    def _write(self, request: bytes, deadline: float) -> None:
        rest = memoryview(request)
        while rest:
            self._socket.settimeout(_remaining(deadline))
            rest = rest[self._socket.send(rest) :]

    def _read(self, deadline: float) -> _Answer:
        """What came until the deadline; a problem after the status line does not hide the status."""
        answer = _Answer()
        try:
            while not answer.is_whole:
                self._socket.settimeout(_remaining(deadline))
                answer.feed(self._socket.recv(_MAX_ANSWER))
        except (OSError, HttpParserError, HttpParserUpgrade) as problem:
            answer.problem = problem
        return answer


class _Answer:
    """Callbacks of the parser."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.has_status = self.is_whole = self.keeps_alive = False
        self.problem: Exception | None = None
        self._parser = HttpResponseParser(self)
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """ConnectionError at the end of the stream or past the size limit; HttpParserError if it is not HTTP."""
        self._size += len(chunk)
        if not chunk:
            raise ConnectionError("connection closed before an answer")
        if self._size > _MAX_ANSWER:
            raise ConnectionError("answer too long")
        self._parser.feed_data(chunk)

    def on_message_begin(self) -> None:
        # Bytes after a whole answer belong to nobody: such a connection is not used again.
        self.keeps_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_status:
            self.reply.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self.reply.headers.clear()
        elif not self.has_status:
            self.reply.status, self.has_status = status, True

    def on_body(self, body: bytes) -> None:
        if not self.is_whole:
            self.reply.body += body

    def on_message_complete(self) -> None:
        if self.has_status and not self.is_whole:
            self.is_whole, self.keeps_alive = True, self._parser.should_keep_alive()


def _reached(target: tuple[str, int], deadline: float) -> socket.socket:
    """A socket to the first address of a host that takes it; a dead address gets only its share of the time."""
    found = socket.getaddrinfo(*target, type=socket.SOCK_STREAM)
    problem: OSError = ConnectionError("host has no address")
    for left, (family, kind, protocol, _, address) in zip(range(len(found), 0, -1), found, strict=True):
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(_remaining(deadline) / left)
            opened.connect(address)
        except OSError as failure:
            opened.close()
            problem = failure
        else:
            return opened
    raise problem


def _remaining(deadline: float) -> float:
    remaining = deadline - monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _tls(ca_file: str) -> ssl.SSLContext:
    """Verifies certificate and host name, against ``ca_file`` alone if there is one."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        raise ConfigError("cannot be read as certificates", where="mail.ca_file", mend="name a PEM file") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _checked(base_url: str) -> SplitResult:
    try:
        url = urlsplit(base_url)
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0 and not url.query
    except ValueError:
        usable = None
    if not usable or not (base_url.isascii() and base_url.isprintable()) or " " in base_url or "@" in url.netloc:
        raise ConfigError("is not an http or https address", where="mail.base_url", mend="https://api.sendgrid.com")
    return url


def _named(problem: Exception) -> str:
    """A problem in a few words that hold nothing of the request."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return f"TLS failed: {problem.reason or 'connection ended'}"
    if isinstance(problem, (socket.gaierror, UnicodeError)):
        return "host name not found"
    if isinstance(problem, (HttpParserError, HttpParserUpgrade)):
        return "answer is not HTTP"
    return (getattr(problem, "strerror", None) or str(problem) or type(problem).__name__).lower()
