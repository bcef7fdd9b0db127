"""Bulletins and calls read from their folders: ``bulletin.toml`` or ``call.toml``, and ``body.md``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import structlog

from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.mailings import NAME, Speed
from workers.campaign.model import Campaign, Sender
from workers.campaign.segments import SegmentError, parse
from workers.errors import ConfigError, InputError
from workers.mailingfile import BulletinIn, CallIn, MailingIn, SpeedIn
from workers.schedule import read_schedule
from workers.senderfile import check_line, check_sender
from workers.shapes import Fitting, nearest, printable
from workers.tomlfile import Keys, TomlFile, read, shown_of, text_of

log = structlog.get_logger()

BODY = "body.md"
_BULLETIN, _CALL = "bulletin.toml", "call.toml"

M = TypeVar("M", Bulletin, Call)
I = TypeVar("I", bound=MailingIn)  # noqa: E741  # the shape of what is in the file


def load_bulletins(folder: Path, campaigns: Mapping[str, Campaign], root: Path | None = None) -> dict[str, Bulletin]:
    """Every bulletin in ``folder`` by name; ConfigError for the first thing wrong in any of them."""
    return _all_right(*read_bulletins(folder, campaigns, root))


class RightBulletins:
    """For processes that run: a folder in which somebody just made a mistake stops no other, and is named once."""

    def __init__(self, folder: Path, campaigns: Mapping[str, Campaign], root: Path) -> None:
        self._folder, self._campaigns, self._root = folder, campaigns, root
        self._told: set[str] = set()

    def __call__(self) -> dict[str, Bulletin]:
        found, problems = read_bulletins(self._folder, self._campaigns, self._root)
        wrong = {str(problem) for problem in problems}
        for reason in sorted(wrong - self._told):
            log.error("bulletin.unusable", reason=reason)
        self._told = wrong
        return found


def load_calls(folder: Path, campaigns: Mapping[str, Campaign], root: Path | None = None) -> dict[str, Call]:
    """Every call in ``folder`` by name; ConfigError for the first thing wrong in any of them."""
    return _all_right(*read_calls(folder, campaigns, root))


def read_bulletins(
    folder: Path, campaigns: Mapping[str, Campaign], root: Path | None = None
) -> tuple[dict[str, Bulletin], list[ConfigError]]:
    """The bulletins of ``folder`` that are right, by name, and everything wrong in the others; none without it."""
    problems: list[ConfigError] = []
    found = [_Reading(path, _BULLETIN, campaigns, problems, root).bulletin() for path in _folders(folder)]
    return {one.name: one for one in found if one}, problems


def read_calls(
    folder: Path, campaigns: Mapping[str, Campaign], root: Path | None = None
) -> tuple[dict[str, Call], list[ConfigError]]:
    """The calls of ``folder`` that are right, by name, and everything wrong in the others; none without it."""
    problems: list[ConfigError] = []
    found = [_Reading(path, _CALL, campaigns, problems, root).call() for path in _folders(folder)]
    return {one.name: one for one in found if one}, problems


def _all_right(found: dict[str, M], problems: list[ConfigError]) -> dict[str, M]:
    if problems:
        raise problems[0]
    return found


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except (OSError, ValueError):
        return []  # nobody need have a bulletin


class _Common(NamedTuple, Generic[I]):
    """What a file says, and what follows for a bulletin and a call alike."""

    raw: I
    sender: Sender
    language: str
    body: str
    speed: Speed


class _Reading:
    """One folder, held against its shape."""

    def __init__(
        self,
        folder: Path,
        name: str,
        campaigns: Mapping[str, Campaign],
        problems: list[ConfigError],
        root: Path | None,
    ) -> None:
        self._folder, self._file_name, self._campaigns, self._root = folder, name, campaigns, root
        self._problems = problems
        self._before = len(problems)

    def bulletin(self) -> Bulletin | None:
        found = self._common(BulletinIn)
        if found is None:
            return None
        raw = found.raw
        return Bulletin(
            name=self._folder.name,
            campaign=raw.campaign,
            subject=raw.subject.strip(),
            sender=found.sender,
            where=raw.where.strip(),
            body=found.body,
            folder=self._folder,
            title=raw.title.strip(),
            language=found.language,
            frame=raw.frame,
            preheader=raw.preheader.strip(),
            events_days=raw.events_days,
            schedule=raw.schedule.strip(),
            speed=found.speed,
        )

    def call(self) -> Call | None:
        found = self._common(CallIn)
        if found is None:
            return None
        raw = found.raw
        return Call(
            name=self._folder.name,
            campaign=raw.campaign,
            subject=raw.subject.strip(),
            sender=found.sender,
            where=raw.where.strip(),
            body=found.body,
            folder=self._folder,
            title=raw.title.strip(),
            language=found.language,
            frame=raw.frame,
            preheader=raw.preheader.strip(),
            letter=raw.letter.strip(),
            remind_after_days=raw.reminder.after_days if raw.reminder else 0.0,
            remind_subject=raw.reminder.subject.strip() if raw.reminder else "",
            speed=found.speed,
        )

    def _common(self, shape: type[I]) -> _Common[I] | None:
        """What the folder holds; None, and the reasons among the problems, if anything is wrong with it."""
        body = self._body()
        try:
            file = read(self._folder / self._file_name, self._root)
        except ConfigError as error:
            self._problems.append(error)
            return None
        fitting = Fitting(file.where, self._problems)
        self._check_name(fitting)
        raw = fitting.fit(shape, file.values)
        if raw is None:
            return None
        self._check(fitting, raw, file)
        self._check_where(fitting, raw.where)
        if isinstance(raw, BulletinIn) and raw.schedule and raw.campaign in self._campaigns:
            self._check_schedule(fitting, raw.schedule, self._campaigns[raw.campaign].time_zone)
        if len(self._problems) > self._before:
            return None
        campaign = self._campaigns[raw.campaign]
        sender = Sender(raw.sender.name.strip(), raw.sender.address) if raw.sender else campaign.sender
        return _Common(raw, sender, raw.language or campaign.language, body, _speed(raw.speed))

    def _check(self, fitting: Fitting, raw: MailingIn, file: TomlFile) -> None:
        if raw.campaign not in self._campaigns:
            mend = nearest(raw.campaign, self._campaigns) if self._campaigns else "there is no campaign file"
            fitting.problem(("campaign",), f"{printable(raw.campaign)} is no campaign here", mend)
        lines: dict[Keys, str] = {("title",): raw.title, ("subject",): raw.subject, ("preheader",): raw.preheader}
        if raw.sender:
            check_sender(fitting, raw.sender)
            lines["sender", "name"] = raw.sender.name
        for keys, text in lines.items():
            check_line(fitting, keys, text)
            if not text.strip() and keys[0] in file.values and keys != ("preheader",):
                fitting.problem(keys, "is blank", "write something")

    def _check_where(self, fitting: Fitting, where: str) -> None:
        try:
            parse(where)
        except SegmentError as error:
            what = error.what.partition("\n")[0]
            fitting.problem(("where",), f"is no segment: {what}", "write such as region = 'Wales' and not wrote")

    def _check_schedule(self, fitting: Fitting, schedule: str, time_zone: str) -> None:
        try:
            read_schedule(schedule, time_zone)
        except InputError as error:
            fitting.problem(
                ("schedule",), error.what, 'write such as "every second Tuesday at 9:00" or "0 9 * * TUE#2"'
            )

    def _check_name(self, fitting: Fitting) -> None:
        if not NAME.fullmatch(self._folder.name):
            mend = "rename it: a-z, 0-9 and dashes, at most 40, as in monthly"
            fitting.problem((), f"the folder's name, {printable(self._folder.name)}, is not a plain name", mend)

    def _body(self) -> str:
        path = self._folder / BODY
        shown = shown_of(path, self._root)
        try:
            body = text_of(path, shown)
        except ConfigError as error:
            self._problems.append(error)
            return ""
        if not body.strip():
            self._problems.append(ConfigError("is empty", where=shown, mend="write the text in Markdown"))
        return body


def _speed(raw: SpeedIn) -> Speed:
    return Speed(raw.per_second, raw.per_domain_per_second, tuple(raw.warm_up), raw.per_week)
