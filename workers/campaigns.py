"""Campaign files: config/campaigns/<slug>.toml read into Campaign records, or told what is wrong with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec.structs import asdict

from workers.campaign.model import Breaker, Campaign, Sender, Variant
from workers.campaign.pace import Pace, read_curve, read_quiet
from workers.campaign.summary import Summary
from workers.campaignfile import FileIn, PaceIn, SummaryIn, ThanksIn, VariantIn
from workers.errors import ConfigError
from workers.senderfile import check_line, check_sender
from workers.shapes import Fitting, nearest, printable
from workers.tomlfile import Keys, TomlFile, read

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SLUG_MOST = 40
#: "all" is the scope of a pause of everything.
_RESERVED = frozenset({"all"})
#: Years: beyond these a date is a slip of the finger, and time zones overflow.
_YEARS = range(1990, 2200)
#: What a condition may look at, and what it takes.
_CONDITIONS = ("incumbent", "party", "region", "status")
_STATUSES = ("standing", "withdrawn")


def load_campaigns(folder: Path, root: Path | None = None) -> dict[str, Campaign]:
    """Every campaign in ``folder`` by slug; ConfigError for the first thing wrong in any of them."""
    campaigns, problems = read_campaigns(folder, root)
    if problems:
        raise problems[0]
    return campaigns


def load_campaign(path: Path, root: Path | None = None) -> Campaign:
    """The campaign in the file at ``path``; ConfigError for the first thing wrong in it."""
    problems: list[ConfigError] = []
    campaign = read_campaign(path, problems, root)
    if problems or campaign is None:
        raise problems[0]
    return campaign


def read_campaigns(folder: Path, root: Path | None = None) -> tuple[dict[str, Campaign], list[ConfigError]]:
    """The campaigns of ``folder`` that are right, by slug, and everything wrong in the others."""
    problems: list[ConfigError] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith("."))
    except (OSError, ValueError):
        mend = "make it, or name another as campaigns.folder"
        return {}, [ConfigError("is not a folder that can be read", where=printable(str(folder)), mend=mend)]
    found = [read_campaign(path, problems, root) for path in paths]
    return {campaign.slug: campaign for campaign in found if campaign}, problems


def read_campaign(path: Path, problems: list[ConfigError], root: Path | None = None) -> Campaign | None:
    """The campaign in the file at ``path``, or None and everything wrong with it in ``problems``."""
    try:
        file = read(path, root)
    except ConfigError as error:
        problems.append(error)
        return None
    before = len(problems)
    reading = _Reading(file, path.stem, problems)
    campaign = reading.campaign()
    return campaign if len(problems) == before else None


class _Reading:
    """One campaign file, held against its shape and the rules between its keys."""

    def __init__(self, file: TomlFile, slug: str, problems: list[ConfigError]) -> None:
        self._file, self._slug = file, slug
        self._fitting = Fitting(file.where, problems)
        self._problem = self._fitting.problem

    def campaign(self) -> Campaign | None:
        self._check_slug()
        raw = self._fitting.fit(FileIn, self._file.values)
        if raw is None:
            return None
        zone = self._zone(raw.time_zone)
        self._check_lines(raw)
        check_sender(self._fitting, raw.sender)
        variants = tuple(self._variants(raw.letter.variants))
        self._check_order(variants)
        pace = self._pace(raw.pace) if raw.pace else None
        summary = self._summary(raw.summary, pace) if raw.summary else None
        if zone is None or not self._check_years(raw):
            return None
        opens, closes = self._aware(raw.opens, "opens", zone), self._aware(raw.closes, "closes", zone)
        self._check_dates(opens, closes, raw.polling_day, zone)
        return Campaign(
            slug=self._slug,
            title=raw.title.strip(),
            charter=raw.charter.strip(),
            opens=opens,
            closes=closes,
            polling_day=raw.polling_day,
            time_zone=raw.time_zone,
            sender=Sender(raw.sender.name.strip(), raw.sender.address),
            imprint=raw.imprint.strip(),
            salutation=raw.letter.salutation.strip(),
            sign_off=raw.letter.sign_off.strip(),
            variants=variants,
            language=raw.language,
            boundaries=raw.boundaries.strip(),
            breaker=Breaker(**asdict(raw.breaker)),
            lately_days=raw.confirmation.lately_days,
            pace=pace,
            summary=summary,
            thanks=self._thanks(raw.letter.thanks) if raw.letter.thanks else None,
        )

    def _check_slug(self) -> None:
        name = printable(self._slug)
        if not _SLUG.fullmatch(self._slug) or len(self._slug) > _SLUG_MOST:
            mend = (
                f"rename it: a letter, then a-z, 0-9 and single dashes, at most {_SLUG_MOST}, as in clean-rivers.toml"
            )
            self._problem((), f"the file's name, {name}, is not a slug", mend)
        elif self._slug in _RESERVED:
            self._problem((), f"the file's name, {name}, has a meaning of its own", "rename it")

    def _zone(self, name: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown, outside the zone folder, a folder in it
            self._problem(("time_zone",), "is not a known zone", nearest(name, available_timezones(), otherwise=_ZONES))
            return None

    def _check_lines(self, raw: FileIn) -> None:
        lines: dict[Keys, str] = {
            ("title",): raw.title,
            ("sender", "name"): raw.sender.name,
            ("letter", "salutation"): raw.letter.salutation,
        }
        if raw.letter.thanks:
            lines["letter", "thanks", "subject"] = raw.letter.thanks.subject
        for number, variant in enumerate(raw.letter.variants):
            lines["letter", "variants", number, "subject"] = variant.subject
            lines["letter", "variants", number, "name"] = variant.name
        for keys, text in lines.items():
            check_line(self._fitting, keys, text)
        for keys, text in {("imprint",): raw.imprint, ("charter",): raw.charter, **lines}.items():
            if not text.strip():
                self._problem(keys, "is blank", "write something")

    def _variants(self, raw: list[VariantIn]) -> Iterator[Variant]:
        names: set[str] = set()
        for number, variant in enumerate(raw):
            keys = ("letter", "variants", number)
            if not _SLUG.fullmatch(variant.name):
                self._problem((*keys, "name"), "is not a plain name", "use a-z, 0-9 and single dashes")
            if variant.name in names:
                self._problem((*keys, "name"), "is the name of an earlier variant", "give each a name of its own")
            if not variant.body.strip():
                self._problem((*keys, "body"), "is blank", "write something")
            names.add(variant.name)
            when = dict(self._conditions(variant.when, (*keys, "when")))
            yield Variant(variant.name, variant.subject.strip(), variant.body.strip(), variant.ask.strip(), when)

    def _thanks(self, raw: ThanksIn) -> Variant:
        if not raw.body.strip():
            self._problem(("letter", "thanks", "body"), "is blank", "write something")
        return Variant("thanks", raw.subject.strip(), raw.body.strip())

    def _require_zone(self, table: str) -> None:
        if "time_zone" not in self._file.values:
            mend = 'add time_zone = "Europe/London", or wherever it is, above the tables'
            self._problem((table,), "goes by the hours of the day, and time_zone is missing", mend)

    def _summary(self, raw: SummaryIn, pace: Pace | None) -> Summary:
        self._require_zone("summary")
        if pace and not pace.shares[raw.hour]:
            mend = f"choose an hour in which letters leave, such as {pace.shares.index(max(pace.shares))}"
            self._problem(("summary", "hour"), f"is {raw.hour}, which is quiet by the table pace", mend)
        return Summary(raw.tolerance, raw.hour)

    def _pace(self, raw: PaceIn) -> Pace | None:
        self._require_zone("pace")
        key = "curve"
        try:
            curve = read_curve(raw.curve)
            key = "quiet" if any(curve) else "curve"
            return Pace(raw.cap, raw.domain_cap, curve, read_quiet(raw.quiet))
        except ValueError as error:
            self._problem(("pace", key), printable(str(error), most=200))
            return None

    def _conditions(self, when: Mapping[str, Any], keys: Keys) -> Iterator[tuple[str, tuple[str, ...]]]:
        for key, value in when.items():
            if key not in _CONDITIONS:
                self._problem((*keys, key), "is not something a condition can look at", nearest(key, _CONDITIONS))
            elif key == "incumbent":
                if isinstance(value, bool):
                    yield key, (str(value).casefold(),)
                else:
                    self._problem((*keys, key), "expected true or false without quotes")
            elif words := self._words(value, (*keys, key)):
                yield key, words

    def _words(self, value: object, keys: Keys) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
            self._problem(keys, "expected a list of texts", 'write ["one", "two"]')
            return ()
        words = tuple(" ".join(word.split()).casefold() for word in listed)
        if not all(words) or not words:
            self._problem(keys, "is empty or holds an empty text: it would never match", "name what it should match")
        for word in words if keys[-1] == "status" else ():
            if word not in _STATUSES:
                self._problem(keys, f"{printable(word)} is not a candidate's status", nearest(word, _STATUSES))
        return words

    def _check_order(self, variants: tuple[Variant, ...]) -> None:
        last = len(variants) - 1
        for number, variant in enumerate(variants):
            keys: Keys = ("letter", "variants", number)
            if number == last and variant.when:
                mend = "add a last variant without when: some candidate will meet no condition"
                self._problem((*keys, "when"), "is a condition on the last variant", mend)
            if number < last and not variant.when and not self._raw_when(number):
                self._problem(keys, "has no condition, so the variants after it are never used", "move it to the end")

    def _raw_when(self, number: int) -> object:
        return self._file.values["letter"]["variants"][number].get("when")

    def _check_years(self, raw: FileIn) -> bool:
        days: dict[str, date] = {"opens": raw.opens, "closes": raw.closes, "polling_day": raw.polling_day}
        wrong = [key for key, day in days.items() if day.year not in _YEARS]
        for key in wrong:
            self._problem((key,), f"is not between {_YEARS[0]} and {_YEARS[-1]}", "check the year")
        return not wrong

    def _aware(self, moment: datetime, key: str, zone: ZoneInfo) -> datetime:
        if moment.tzinfo is not None:
            return moment
        local = moment.replace(tzinfo=zone)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
            self._problem((key,), f"does not exist in {zone.key}: clocks go forward then", "choose an hour later")
        return local

    def _check_dates(self, opens: datetime, closes: datetime, polling_day: date, zone: ZoneInfo) -> None:
        if closes <= opens:
            self._problem(("closes",), "is not after opens", "swap them or mend one")
        end = datetime.combine(polling_day + timedelta(days=1), time(), zone)
        if closes > end:
            self._problem(("closes",), "is after polling_day has ended", "close at the latest at its midnight")
        if opens >= end:
            self._problem(("polling_day",), "is before opens", "mend one of them")


_ZONES = "use a name such as Europe/London"
