"""Signatories for programs: JSON, CSV that no spreadsheet runs, and an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote
from xml.etree import ElementTree as ET

import msgspec

from workers.campaign.model import Campaign
from workers.campaign.spreadsheet import csv_lines
from workers.web.atom import MEDIA_TYPE as ATOM
from workers.web.atom import clean, feed, instant, tag, texts, written
from workers.web.roll import Signatory
from workers.web.shapes import SignatoriesOut, SignatoryOut

JSON, CSV = "application/json", "text/csv"
#: What each format is called in a path and a query.
MEDIA_TYPES = {"json": JSON, "csv": CSV, "atom": ATOM}

#: Entries of a feed, newest first.
_ENTRIES = 200
_ABOUT = "signatories"


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
    updated = newest[0].at if newest else int(campaign.opens.timestamp())
    made = feed(campaign, _ABOUT, f"Who signed: {campaign.title}", updated, self_=self_, page=page)
    for one in newest:
        made.append(_entry(campaign, page, one))
    return written(made)


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
    texts(entry, id=f"{tag(campaign, _ABOUT)}/{quote(one.candidate_id, safe='')}", title=f"{name} signed")
    texts(entry, updated=instant(one.at), published=instant(one.at))
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{page}#{quote(anchor(one.candidate_id))}")
    if one.evidence_url:
        ET.SubElement(entry, "link", rel="related", href=clean(one.evidence_url))
    if one.party:
        ET.SubElement(entry, "category", term=clean(one.party))
    texts(entry, summary=f"{name} ({stands}) signed the charter." if stands else f"{name} signed the charter.")
    return entry
