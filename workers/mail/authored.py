"""What the authors of bulletins and calls may write: Jinja2 over Markdown, in which a value cannot be markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from jinja2 import Undefined, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from workers.errors import ConfigError
from workers.mail import markdown
from workers.mail.blocks import Block, Url
from workers.mail.marks import BLOCKS, URLS, Marks
from workers.mail.templates import check_source, config_error
from workers.mail.templates import environment as _environment
from workers.mail.words import one_line

#: Names that are each reader's own: they are printed, and nothing else is done with them.
READERS = ("person", *BLOCKS, *URLS)
#: What may be said of them where they are printed.
_FILTERS = ("otherwise", "under", "button")
_SHARED = (
    "campaign.title", "campaign.charter", "campaign.url", "campaign.polling_day", "tally.contacts", "tally.supporters",
    "tally.signatories", "tally.parties", "signed_since", "news", "events", "date", "title", "reminder",
)  # fmt: skip
_OWN = ("person.name", "person.constituency", "candidates", "unsubscribe_url", "preferences_url")
#: What a bulletin and a call may name.
NAMES = {"bulletin": (*_SHARED, *_OWN, "online_url"), "call": (*_SHARED, *_OWN, "act_url")}
_SUBJECT = frozenset({"signed_since", "news", "events", "campaign.charter", "campaign.url", "tally.parties"})
_NOT_HERE = (
    nodes.FilterBlock, nodes.AssignBlock, nodes.CallBlock, nodes.Macro, nodes.Block, nodes.Include, nodes.Extends,
    nodes.Import, nodes.FromImport,
)  # fmt: skip
_NOT_THERE = re.compile(r"'?[\w. ]+ object'? has no (?:attribute '(?P<name>\w+)'|element (?P<number>\d+))")
_LINE = re.compile(r", line (\d+)$")
#: Jinja's own marks in a source, which Markdown must not see when it is only looked at.
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NO_MARK = re.compile(r"(?!)")


class Own:
    """A reader's word among the values: it can be printed, and something said about it."""

    def __init__(self, marks: Marks, word: str, said: str = "") -> None:
        self._marks, self.word, self._said = marks, word, said

    def saying(self, words: str) -> Own:
        """The same word, with a name to use otherwise, or a heading above it."""
        return Own(self._marks, self.word, one_line(str(words)))

    @property
    def mark(self) -> str:
        """What is printed."""
        return self._marks.reader(f"{self.word}:{self._said}" if self._said else self.word)


class Address(Own):
    """One that is a web address."""


class List(Own):
    """One that is a block of its own."""


def body(source: str, values: dict[str, object], kind: str, where: str) -> str:
    """``source`` as Markdown with ``values``; ConfigError names the line that cannot be used."""
    return _rendered(_BODY, source, values, frozenset(NAMES[kind]), where)


def subject(source: str, values: dict[str, object], kind: str, where: str) -> str:
    """``source`` as one line of plain words; marks stand where readers' words go."""
    names = frozenset(NAMES[kind]) - _SUBJECT - {*URLS, *BLOCKS}
    return " ".join(_rendered(_PLAIN, source, values, names, where).split())


def names(source: str) -> frozenset[str]:
    """The values that a body, which can be rendered, takes."""
    return frozenset(meta.find_undeclared_variables(_BODY.parse(source)))


def flaws(source: str, where: str) -> list[ConfigError]:
    """What mail cannot carry of ``source``, which is looked at before any value stands in it."""
    blank = _MARKUP.sub(_blanked, source)
    return [
        ConfigError(flaw.what, where=f"{where}:{flaw.line}", mend=flaw.mend) for flaw in markdown.flaws(blank, _NO_MARK)
    ]


def _blanked(found: re.Match[str]) -> str:
    value = "https://value.example" if found[0].startswith("{{") else ""
    return value + "\n" * found[0].count("\n")


def _rendered(
    author: SandboxedEnvironment, source: str, values: dict[str, object], names: Collection[str], where: str
) -> str:
    try:
        tree = check_source(source, names, where, author)
        _check_use(tree, where)
        return author.from_string(source).render(values)
    except ConfigError as problem:
        raise _located(problem if problem.where else _placed(problem, where)) from None
    except Exception as problem:  # noqa: BLE001  # a template can fail in any way, and each is its author's to mend
        raise _located(config_error(problem, where)) from None


def _placed(problem: ConfigError, where: str) -> ConfigError:
    """What one of our own filters said, with the line that used it."""
    return ConfigError(problem.what, where=config_error(problem, where).where, mend=problem.mend)


def _located(problem: ConfigError) -> ConfigError:
    """``file:line`` as everywhere else, and no class of ours."""
    what = _NOT_THERE.sub(_not_there, problem.what)
    return ConfigError(what, where=_LINE.sub(r":\1", problem.where), mend=problem.mend)


def _not_there(found: re.Match[str]) -> str:
    return f"it has no {found['name']} here" if found["name"] else f"there is no item {found['number']} in it"


def _check_use(tree: nodes.Template, where: str) -> None:
    """ConfigError for a reader's word that is not only printed, and for what a body has no use for."""
    if node := next(tree.find_all(_NOT_HERE), None):
        what = f"{type(node).__name__.lower()} cannot be used here"
        raise ConfigError(what, where=f"{where}:{node.lineno}", mend="write the words where they belong")
    printed = {id(_innermost(child)) for output in tree.find_all(nodes.Output) for child in output.nodes}
    for name in tree.find_all(nodes.Name):
        if name.name in READERS and id(name) not in printed:
            what = f"{name.name} is each reader's own, and can only be printed: one text is made for all"
            mend = 'print it, with | otherwise("words") for those of whom it is not known, or | under("heading")'
            raise ConfigError(what, where=f"{where}:{name.lineno}", mend=mend)


def _innermost(node: nodes.Node) -> nodes.Node | None:
    """The name that is printed, without what is said about it in constant words."""
    while isinstance(node, nodes.Filter) and node.name in _FILTERS and node.node is not None:
        if not all(isinstance(argument, nodes.Const) for argument in node.args):
            return None
        node = node.node
    return node.node if isinstance(node, nodes.Getattr) else node


def _in_body(value: object) -> str:
    """How a value stands in Markdown."""
    match value:
        case List():
            return f"\n\n{value.mark}\n\n"
        case Own():
            return value.mark
        case Block():
            return f"\n\n{value.markdown}\n\n"
        case Url():
            return markdown.address(value)
        case _:
            return markdown.escaped(_words(value))


def _in_line(value: object) -> str:
    """How a value stands in a subject."""
    if isinstance(value, List | Address | Block):
        raise ConfigError("is a block or an address, which has no place in a subject")
    return value.mark if isinstance(value, Own) else one_line(_words(value))


def _words(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int | float | Undefined):
        raise ConfigError("is a list or a record: print its parts")
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _otherwise(value: object, words: str) -> object:
    """The filter of that name: what stands for a word that is not known of a reader."""
    if isinstance(value, List | Address):
        raise ConfigError("otherwise() is for person.name and person.constituency")
    return value.saying(words) if isinstance(value, Own) else value or words


def _under(value: object, heading: str) -> object:
    """The filter of that name: a block with a heading, which vanishes with it."""
    if isinstance(value, List | Block):
        return value.saying(heading)
    raise ConfigError("under() is for blocks: candidates, news, events, signed_since")


def _button(value: object, label: str) -> Block:
    """The filter of that name: an address as a button."""
    if not isinstance(value, Address | Url):
        raise ConfigError("button() is for addresses")
    where = value.mark if isinstance(value, Address) else markdown.address(value)
    return Block(f'[{markdown.escaped(one_line(str(label)))}]({where} "{markdown.BUTTON}")')


def _author(finalize: Callable[[Any], str]) -> SandboxedEnvironment:
    made = _environment(finalize=finalize)
    made.filters |= {"otherwise": _otherwise, "under": _under, "button": _button}
    del made.filters["paragraphs"], made.filters["quoted"]
    return made


_BODY, _PLAIN = _author(_in_body), _author(_in_line)
