"""Signatories for programs: JSON, CSV that no spreadsheet runs, and an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

import msgspec

from workers.campaign.model import Campaign
from workers.campaign.spreadsheet import csv_lines
from workers.web.roll import Signatory
from workers.web.shapes import SignatoriesOut, SignatoryOut

JSON, CSV, ATOM = "application/json", "text/csv", "application/atom+xml"
#: What each format is called in a path and a query.
MEDIA_TYPES = {"json": JSON, "csv": CSV, "atom": ATOM}

#: Entries of a feed, newest first.
_ENTRIES = 200
_ATOM = "http://www.w3.org/2005/Atom"
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(campaign: Campaign, total: int, found: Sequence[Signatory]) -> bytes:
    """A SignatoriesOut: ``total`` signed, and those found."""
    return msgspec.json.encode(SignatoriesOut(campaign.slug, total, [_out(one) for one in found]))


def as_csv(found: Iterable[Signatory]) -> bytes:
    """A heading and a row for each (RFC 4180, UTF-8), with the fields of a SignatoryOut."""
    rows = (msgspec.structs.asdict(_out(one)) for one in found)
    return "".join(csv_lines(SignatoryOut.__struct_fields__, rows)).encode()


def as_atom(campaign: Campaign, page: str, self_: str, found: Iterable[Signatory]) -> bytes:
    """A feed of those who signed last; ``page`` and ``self_`` are the addresses of the page and of the feed."""
    newest = sorted(found, key=lambda one: -one.at)[:_ENTRIES]
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": campaign.language})
    _texts(feed, id=_tag(campaign), title=f"Who signed: {campaign.title}")
    _texts(feed, updated=instant(newest[0].at if newest else int(campaign.opens.timestamp())))
    _texts(ET.SubElement(feed, "author"), name=campaign.sender.name)
    ET.SubElement(feed, "link", rel="self", type=ATOM, href=self_)
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=page)
    for one in newest:
        feed.append(_entry(campaign, page, one))
    written: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return written


def instant(at: int) -> str:
    """RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def anchor(candidate_id: str) -> str:
    """The part of the page that is about one signatory."""
    return "c" + quote(candidate_id, safe="")


def _out(one: Signatory) -> SignatoryOut:
    seat = one.constituency, one.gss, one.region
    return SignatoryOut(one.candidate_id, one.name, one.party, *seat, instant(one.at), one.how, one.evidence_url)


def _entry(campaign: Campaign, page: str, one: Signatory) -> ET.Element:
    entry = ET.Element("entry")
    name = one.name or "A candidate"
    stands = " in ".join(part for part in (one.party, one.constituency) if part)
    _texts(entry, id=f"{_tag(campaign)}/{quote(one.candidate_id, safe='')}", title=f"{name} signed")
    _texts(entry, updated=instant(one.at), published=instant(one.at))
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{page}#{quote(anchor(one.candidate_id))}")
    if one.evidence_url:
        ET.SubElement(entry, "link", rel="related", href=_clean(one.evidence_url))
    if one.party:
        ET.SubElement(entry, "category", term=_clean(one.party))
    _texts(entry, summary=f"{name} ({stands}) signed the charter." if stands else f"{name} signed the charter.")
    return entry


def _tag(campaign: Campaign) -> str:
    """An id that stays wherever the site moves to (RFC 4151): of the campaign's own domain, in its first year."""
    domain = campaign.sender.address.rpartition("@")[2].lower()
    return f"tag:{domain},{campaign.opens.year}:{campaign.slug}/signatories"


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
