"""``/campaigns/{campaign}/bulletins``: every edition that was sent, to be read by anybody, and a feed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.atom import MEDIA_TYPE, feed, instant, tag, texts, written
from workers.web.campaigns import campaign_of
from workers.web.candidates import PUBLIC
from workers.web.guard import CONTENT_POLICY
from workers.web.kept import Kept
from workers.web.news.shelf import Edition, Shelf
from workers.web.pages import Pages
from workers.web.problems import NOT_FOUND, Problem
from workers.web.sheets import day_text
from workers.web.threads import Threads

#: Editions that the feed tells of.
_ENTRIES = 20
_HTML = "text/html; charset=utf-8"
#: A bulletin's own pictures may come from anywhere: its author chose them, and nothing else may.
_WITH_PICTURES = CONTENT_POLICY.replace("img-src 'self' data:", "img-src 'self' data: https:")


class _Line(NamedTuple):
    """One edition in the list."""

    path: str
    subject: str
    language: str
    instant: str
    day: str


class _Feed(NamedTuple):
    """A feed, and what it was made from."""

    editions: tuple[Edition, ...]
    kept: Kept


class ArchivePages:
    """The endpoints; an edition's page is the same for everybody."""

    def __init__(self, app: App, threads: Threads, pages: Pages, shelf: Shelf) -> None:
        self._campaigns, self._threads, self._pages, self._shelf = app.campaigns, threads, pages, shelf
        self._feeds: dict[str, _Feed] = {}

    async def all(self, request: Request) -> Response:
        """Every edition, the newest first."""
        campaign = campaign_of(request, self._campaigns)
        editions = [one for one in await self._shelf.read(campaign) if one.listed]
        values = {
            "campaign": campaign,
            "url": self._url(campaign),
            "editions": [_line(campaign, one) for one in editions],
        }
        html = await self._threads.run(self._pages.html, "bulletins", values)
        return Kept(html.encode(), _HTML).answer(request, _newest(campaign, editions), {"cache-control": "no-cache"})

    async def one(self, request: Request) -> Response:
        """One edition; 404 before its copies leave."""
        campaign = campaign_of(request, self._campaigns)
        wanted = request.path_params["name"], request.path_params["edition"]
        found = next((one for one in await self._shelf.read(campaign) if (one.name, one.edition) == wanted), None)
        if found is None:
            raise Problem(NOT_FOUND, "there is no such edition, or it was not sent yet")
        values = {
            "campaign": campaign,
            "url": self._url(campaign),
            "line": _line(campaign, found),
            "online": Markup(found.online),  # noqa: S704 -- made from Markdown without HTML, see mail/editions.py
            "titled": "<h1" in found.online,
        }
        headers = {"cache-control": "no-cache"}
        if "<img" in found.online:
            headers["content-security-policy"] = _WITH_PICTURES
        html = await self._threads.run(self._pages.html, "bulletin", values)
        return Kept(html.encode(), _HTML).answer(request, found.at, headers)

    async def feed(self, request: Request) -> Response:
        """The newest editions, whole, for feed readers."""
        campaign = campaign_of(request, self._campaigns)
        editions = tuple(one for one in await self._shelf.read(campaign) if one.listed)[:_ENTRIES]
        before = self._feeds.get(campaign.slug)
        if before is None or before.editions != editions:
            kept = await self._threads.run(_rendered, campaign, self._url(campaign), editions)
            before = self._feeds[campaign.slug] = _Feed(editions, kept)
        headers = {"cache-control": "public, max-age=60", **PUBLIC}
        return before.kept.answer(request, _newest(campaign, editions), headers)

    def _url(self, campaign: Campaign) -> str:
        return f"{self._pages.public_url}/campaigns/{campaign.slug}"


def _rendered(campaign: Campaign, url: str, editions: Sequence[Edition]) -> Kept:
    page, title = f"{url}/bulletins", f"Bulletins: {campaign.title}"
    made = feed(campaign, "bulletins", title, _newest(campaign, editions), self_=f"{page}.atom", page=page)
    for one in editions:
        made.append(_entry(campaign, f"{page}/{one.name}/{one.edition}", one))
    return Kept(written(made), MEDIA_TYPE)


def _entry(campaign: Campaign, page: str, one: Edition) -> ET.Element:
    entry = ET.Element("entry", {"xml:lang": one.language})
    texts(entry, id=tag(campaign, f"bulletins/{one.name}/{one.edition}"), title=one.subject)
    texts(entry, updated=instant(one.at), published=instant(one.at))
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=page)
    texts(entry, content=one.online)
    entry[-1].set("type", "html")
    return entry


def _line(campaign: Campaign, one: Edition) -> _Line:
    path = f"/campaigns/{campaign.slug}/bulletins/{one.name}/{one.edition}"
    return _Line(path, one.subject, one.language, instant(one.at), day_text(campaign, one.at))


def _newest(campaign: Campaign, editions: Sequence[Edition]) -> int:
    return max((one.at for one in editions), default=int(campaign.opens.timestamp()))
