"""A small name server on the loopback, of the records that a test says: dnspython's own messages over UDP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

#: name → kind → the records' data, as in a zone file
Zone = Mapping[str, Mapping[str, list[str]]]


class NameServer:
    """``with NameServer(zone) as server``; ``server.address`` is what ``--dns-server`` takes."""

    def __init__(self, zone: Zone, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> None:
        self._zone, self._rcode = zone, rcode
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), client)

    def _answer(self, asked: dns.message.Message) -> dns.message.Message:
        answer, question = dns.message.make_response(asked), asked.question[0]
        answer.flags |= dns.flags.RA
        answer.set_rcode(self._rcode)
        name, kind = question.name.to_text().rstrip("."), dns.rdatatype.to_text(question.rdtype)
        if self._rcode == dns.rcode.NOERROR:
            self._fill(answer, name, kind)
        return answer

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> None:
        found = self._zone.get(name)
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        alias = found.get("CNAME", [])
        for which in {kind, "CNAME"} & found.keys():
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, dns.rdataclass.IN, which, *found[which]))
        if alias and kind != "CNAME":
            self._fill(answer, alias[0].rstrip("."), kind)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        host, _, port = self.address.partition(":")
        self._socket.sendto(b"", (host, int(port)))
        self._thread.join(5)
        self._socket.close()
