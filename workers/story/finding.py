"""Which story an id asks for, and where it is read from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workers.campaign.ids import Ids
from workers.campaign.model import Campaign
from workers.errors import InputError, NotFoundError
from workers.logbook.sifting import trace_of
from workers.settings import Settings
from workers.shapes import printable
from workers.store import Store
from workers.story.around import Around
from workers.story.copies import CopyStories
from workers.story.evidence import Evidence
from workers.story.letters import LetterStories
from workers.story.others import OtherStories
from workers.story.telling import Story

_LETTER = re.compile(r"d[a-z2-7]{16}-\S+")
_ACTION, _PERSON = re.compile(r"a[a-z2-7]{16}"), re.compile(r"p[a-z2-7]{16}")
_TRACE = re.compile(r"[0-9a-f]{8,32}")


class Finder:
    """Tells of whatever an id is about, from the ledger, this machine's journals, and its log."""

    def __init__(self, settings: Settings, store: Store, campaigns: Mapping[str, Campaign], ids: Ids) -> None:
        log = settings.path(settings.log.folder) if settings.log.folder else None
        journals = settings.path(settings.worker.journal) if settings.worker.journal else None
        around, evidence = Around(store, campaigns), Evidence(store, log, journals)
        copies = CopyStories(around, evidence)
        self._letters, self._others = LetterStories(around, evidence, copies), OtherStories(copies, ids)

    def find(self, about: str, slug: str) -> Story:
        """NotFoundError, or InputError if it looks like no id at all; a candidate is one of campaign ``slug``."""
        if slug and not _is_unmistakable(about):
            return self._others.candidate(slug, about)
        if _LETTER.fullmatch(about):
            return self._letters.letter(about)
        if _ACTION.fullmatch(about):
            return self._letters.action(about)
        if _PERSON.fullmatch(about):
            return self._others.person(about)
        if _TRACE.fullmatch(trace_of(about)):
            return self._trace_or_candidate(about, slug)
        what = "not the id of a letter (d…-…), an action (a…), a person (p…) or a trace; for a candidate say --campaign"
        raise InputError(f"{printable(about)} is {what}")

    def _trace_or_candidate(self, about: str, slug: str) -> Story:
        try:
            return self._others.trace(trace_of(about), slug)
        except NotFoundError as error:
            raise NotFoundError(f"{error}; a candidate? say --campaign") from None


def _is_unmistakable(about: str) -> bool:
    return any(kind.fullmatch(about) for kind in (_LETTER, _ACTION, _PERSON)) or len(trace_of(about)) == 32
