"""Atom feeds (RFC 4287): what every one of them has, and text that XML can hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from workers.campaign.model import Campaign

MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(campaign: Campaign, about: str, title: str, updated: int, *, self_: str, page: str) -> ET.Element:
    """A feed without entries; ``self_`` and ``page`` are the addresses of the feed and of what it tells of."""
    made = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": campaign.language})
    texts(made, id=tag(campaign, about), title=title, updated=instant(updated))
    texts(ET.SubElement(made, "author"), name=campaign.sender.name)
    ET.SubElement(made, "link", rel="self", type=MEDIA_TYPE, href=self_)
    ET.SubElement(made, "link", rel="alternate", type="text/html", href=page)
    return made


def written(made: ET.Element) -> bytes:
    """The feed as it is sent."""
    raw: bytes = ET.tostring(made, "utf-8", xml_declaration=True)
    return raw


def instant(at: int) -> str:
    """RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tag(campaign: Campaign, about: str) -> str:
    """An id that stays wherever the site moves to (RFC 4151): of the campaign's own domain, in its first year."""
    domain = campaign.sender.address.rpartition("@")[2].lower()
    return f"tag:{domain},{campaign.opens.year}:{campaign.slug}/{about}"


def texts(parent: ET.Element, **named: str) -> None:
    """An element for each name, with its text."""
    for name, text in named.items():
        ET.SubElement(parent, name).text = clean(text)


def clean(text: str) -> str:
    """``text`` with a mark in place of what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
