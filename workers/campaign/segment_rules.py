"""What a segment is made of: each rule says which traits it needs, tests them quickly and is text again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from workers.campaign.segment_words import quoted
from workers.campaign.traits import Traits

Test = Callable[[Traits], bool]


@dataclass(frozen=True, slots=True)
class Flag:
    """``wrote`` or ``signed``."""

    name: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset([self.name])

    def test(self) -> Test:
        return attrgetter(self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Is:
    """A trait is one of ``values``; of tags, any is. Capitals do not count, and ``en`` is ``en-GB`` too."""

    name: str
    values: tuple[str, ...]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset(["tags" if self.name == "tag" else self.name])

    def test(self) -> Test:
        wanted = frozenset(value.casefold() for value in self.values)
        match self.name:
            case "tag":
                return lambda traits: not wanted.isdisjoint(traits.tags)
            case "constituency":
                codes = frozenset(self.values)
                return lambda traits: traits.constituency in codes
            case "region":
                return lambda traits: traits.region.casefold() in wanted
            case _:
                return lambda traits: _speaks(traits.language.casefold(), wanted)

    def said(self, sign: str, among: str) -> str:
        if len(self.values) == 1:
            return f"{self.name} {sign} {quoted(self.values[0])}"
        return f"{self.name} {among} ({', '.join(map(quoted, self.values))})"

    def __str__(self) -> str:
        return self.said("=", "in")


@dataclass(frozen=True, slots=True)
class Mailed:
    """A call or bulletin was sent to them at most so many days ago."""

    days: int

    @property
    def needs(self) -> frozenset[str]:
        return frozenset(["mailed_days"])

    def test(self) -> Test:
        most = self.days
        return lambda traits: traits.mailed_days is not None and traits.mailed_days <= most

    def __str__(self) -> str:
        return f"mailed in {self.days} day" + ("" if self.days == 1 else "s")


@dataclass(frozen=True, slots=True)
class Not:
    part: Rule

    @property
    def needs(self) -> frozenset[str]:
        return self.part.needs

    def test(self) -> Test:
        test = self.part.test()
        return lambda traits: not test(traits)

    def __str__(self) -> str:
        if isinstance(self.part, Is):
            return self.part.said("!=", "not in")
        return f"not {_inside(self.part, Every, Some)}"


@dataclass(frozen=True, slots=True)
class Every:
    """All of its parts hold; without any it is everybody."""

    parts: tuple[Rule, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        return _needs(self.parts)

    def test(self) -> Test:
        tests = [part.test() for part in self.parts]
        return lambda traits: _every(tests, traits)

    def __str__(self) -> str:
        return " and ".join(_inside(part, Some) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of its parts holds."""

    parts: tuple[Rule, ...]

    @property
    def needs(self) -> frozenset[str]:
        return _needs(self.parts)

    def test(self) -> Test:
        tests = [part.test() for part in self.parts]
        return lambda traits: _some(tests, traits)

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Rule = Flag | Is | Mailed | Not | Every | Some


def negated(rule: Rule) -> Rule:
    return rule.part if isinstance(rule, Not) else Not(rule)


def joined(kind: type[Every | Some], parts: list[Rule]) -> Rule:
    """One rule of several, those of the same kind merged into it."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _inside(part: Rule, *looser: type[Rule]) -> str:
    return f"({part})" if isinstance(part, looser) else str(part)


def _needs(parts: tuple[Rule, ...]) -> frozenset[str]:
    return frozenset().union(*[part.needs for part in parts])


def _speaks(language: str, wanted: frozenset[str]) -> bool:
    return language in wanted or language.partition("-")[0] in wanted


def _every(tests: list[Test], traits: Traits) -> bool:
    for test in tests:  # noqa: SIM110 -- a generator would cost more than the tests
        if not test(traits):
            return False
    return True


def _some(tests: list[Test], traits: Traits) -> bool:
    for test in tests:  # noqa: SIM110 -- the same
        if test(traits):
            return True
    return False
