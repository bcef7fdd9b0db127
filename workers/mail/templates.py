"""The project's message folders and the campaigns' own texts, compiled once: sandboxed, strict, escaped in HTML."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    meta,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from workers.errors import ConfigError
from workers.mail.stencil import only_prints
from workers.mail.words import paragraphs

#: The files of a message, and what a template may extend or include besides: anything in ``_base``.
PARTS = ("subject.txt", "body.txt", "body.html")
_SAMPLE = "sample.json"
#: Jinja's own sentences about names: "'nmae' is undefined", "'dict object' has no attribute 'nmae'".
_PLAIN_WORDS = re.compile(
    r"'\w+' is undefined|'[\w. ]+ object' has no attribute '\w+'|[\w. ]+ object has no element \d+"
    r"|access to attribute '\w+' of '\w+' object is unsafe\."
)


class Message(NamedTuple):
    """One rendered message."""

    subject: str
    text: str
    html: str


class Templates:
    """Every ``<kind>/<name>/`` under ``folder``; a template is compiled when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loader = FileSystemLoader(folder)
        self._environment = environment(loader=self._loader)

    def names(self) -> list[str]:
        """``kind/name`` of every message, in order."""
        found = {path.parent for part in (*PARTS, _SAMPLE) for path in self._folder.glob(f"*/*/{part}")}
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def render(self, name: str, values: Mapping[str, object]) -> Message:
        """The three parts of message ``name``; ConfigError names file and line of whatever they cannot use."""
        return Message(*(self.part(f"{name}/{part}", values) for part in PARTS))

    def part(self, path: str, values: Mapping[str, object]) -> str:
        """One part alone, such as ``letter/candidate/subject.txt``."""
        try:
            return self._environment.get_template(path).render(values)
        except Exception as problem:  # noqa: BLE001  # a template can fail in any way, and each is its author's to mend
            raise config_error(problem, path) from None

    def only_prints(self, path: str, name: str) -> bool:
        """Whether a part, and all that it extends or includes, does nothing with variable ``name`` but print it."""
        try:
            tree = self._environment.parse(self._loader.get_source(self._environment, path)[0], path)
        except TemplateError as problem:
            raise config_error(problem, path) from None
        return only_prints(tree, name) and all(
            used is not None and self.only_prints(used, name) for used in meta.find_referenced_templates(tree)
        )

    def sample(self, name: str) -> dict[str, Any]:
        """The values that preview, test and document message ``name``."""
        path = self._folder / name / _SAMPLE
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except FileNotFoundError:
            raise ConfigError("is missing", where=f"{name}/{_SAMPLE}", mend="add values to preview it with") from None
        except msgspec.DecodeError as problem:
            raise ConfigError(f"is not a JSON object: {problem}", where=f"{name}/{_SAMPLE}") from None

    def problems(self) -> list[ConfigError]:
        """What is wrong with the folder: every template compiles and renders its own sample, or is named here."""
        if not self.names():
            return [ConfigError("holds no message", where=str(self._folder), mend="point [templates] folder at them")]
        return [problem for name in self.names() for problem in self._problems(name)]

    def _problems(self, name: str) -> Iterator[ConfigError]:
        try:
            message = self.render(name, self.sample(name))
        except ConfigError as problem:
            yield problem
            return
        for part, words in zip(PARTS, message, strict=True):
            if not words.strip():
                yield ConfigError("renders to nothing", where=f"{name}/{part}")


class Source:
    """One text of a campaign file, compiled: plain text in, plain text out."""

    def __init__(self, source: str, where: str) -> None:
        self._where = where
        self._tree, self.uses = _parse(source, where, _PLAIN)
        self._template: Template = _PLAIN.from_string(source)
        self._template.globals = {**self._template.globals}  # a chain of maps, which each render would copy slowly

    def only_prints(self, name: str) -> bool:
        """Whether it does nothing with variable ``name`` but print it."""
        return only_prints(self._tree, name)

    def render(self, values: Mapping[str, object]) -> str:
        """ConfigError names the line that cannot be rendered."""
        try:
            return self._template.render(values)
        except Exception as problem:  # noqa: BLE001  # a template can fail in any way, and each is its author's to mend
            raise config_error(problem, self._where) from None


def check_source(
    source: str, allowed_names: Collection[str], where: str, author: SandboxedEnvironment | None = None
) -> nodes.Template:
    """ConfigError for a syntax error or a name not among ``allowed_names`` ("supporter.name", "candidate.party")."""
    tree, outside = _parse(source, where, author or _PLAIN)
    for line, name in _names(tree, outside):
        if name not in allowed_names:
            raise ConfigError(f"unknown name {name!r}", where=f"{where}, line {line}", mend=_hint(name, allowed_names))
    return tree


def _names(tree: nodes.Template, outside: Collection[str]) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a source takes from outside; a bare object counts as its own name."""
    owners: set[int] = set()
    for attribute in tree.find_all(nodes.Getattr):
        if isinstance(attribute.node, nodes.Name) and attribute.node.name in outside:
            owners.add(id(attribute.node))
            yield attribute.lineno, f"{attribute.node.name}.{attribute.attr}"
    for name in tree.find_all(nodes.Name):
        if name.name in outside and id(name) not in owners:
            yield name.lineno, name.name


def _hint(name: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(name, allowed, n=1)
    return f"did you mean {close[0]}?" if close else "use one of " + ", ".join(sorted(allowed))


def _parse(source: str, where: str, author: SandboxedEnvironment) -> tuple[nodes.Template, frozenset[str]]:
    """The source's tree, and the names it takes from outside."""
    try:
        tree = author.parse(source)
        # Jinja looks for unknown filters here and not before, under a name of its own.
        return tree, frozenset(meta.find_undeclared_variables(tree))
    except TemplateSyntaxError as problem:
        raise config_error(problem, where) from None


def environment(**options: Any) -> SandboxedEnvironment:
    """Where authors' templates live: they call nothing unsafe, and a value that is not there is an error."""
    made = SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        **options,
    )
    made.filters["paragraphs"] = _paragraphs
    made.filters["quoted"] = _quoted
    # No author can let a supporter's words into HTML raw, or make links of them.
    for filter_ in ("safe", "urlize"):
        del made.filters[filter_]
    return made


def _paragraphs(words: object) -> Markup:
    """The filter of that name: plain words become paragraphs; what is HTML already stays as it is."""
    ready = getattr(words, "__html__", None)
    return Markup(ready() if ready else paragraphs(str(words)))  # noqa: S704  # paragraphs() escapes


def _quoted(words: object) -> str:
    """The filter of that name, for text parts: lines that nobody can take for ours."""
    return "\n".join(f"| {line}".rstrip() for line in str(words).split("\n"))


def config_error(problem: Exception, where: str) -> ConfigError:
    """``problem`` in our form; words that might hold a rendered value are not repeated."""
    if isinstance(problem, TemplateSyntaxError):
        return ConfigError(
            problem.message or "cannot be read", where=f"{_file(problem) or where}, line {problem.lineno}"
        )
    return ConfigError(_what(problem), where=_place(problem, where))


def _file(problem: TemplateSyntaxError) -> str:
    return "" if problem.name in (None, "<introspection>") else str(problem.name)


def _what(problem: Exception) -> str:
    if isinstance(problem, TemplateNotFound):
        return f"there is no template {problem.name}"
    # A name looked up in a value could itself be a value: only those that look like names are repeated.
    if isinstance(problem, UndefinedError | SecurityError) and _PLAIN_WORDS.fullmatch(str(problem)):
        return str(problem)
    return f"fails with {type(problem).__name__}"


def _place(problem: Exception, where: str) -> str:
    """The innermost template line of ``problem``: Jinja writes its own file names into the traceback."""
    trace, place = problem.__traceback__, where
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file == "<template>":
            place = f"{where}, line {trace.tb_lineno}"
        elif file.endswith((".txt", ".html")):
            place = f"{'/'.join(Path(file).parts[-3:])}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


_PLAIN = environment()
