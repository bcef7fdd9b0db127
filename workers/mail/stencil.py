"""A template rendered once with holes where a person's words go, and filled for each person by joining strings."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from jinja2 import nodes

from workers.mail.words import Passage

#: Around the name of each hole: drawn for each process, so that no template and no supporter can write it.
_EDGE = f"x{secrets.token_hex(12)}x"
_HOLE = re.compile(f"{_EDGE}([a-z]+){_EDGE}")
#: Blocks that do something to what is printed inside them: a hole would not come out as it went in.
_CHANGE_OUTPUT = (nodes.FilterBlock, nodes.AssignBlock, nodes.CallBlock, nodes.Macro)


def hole(name: str) -> Passage:
    """The value to render in place of the words called ``name``; text and HTML alike."""
    mark = f"{_EDGE}{name}{_EDGE}"
    return Passage(mark, mark)


class Stencil:
    """``rendered`` with its holes."""

    def __init__(self, rendered: str) -> None:
        self._pieces = _HOLE.split(rendered)
        self._names = self._pieces[1::2]

    def fill(self, words: Mapping[str, str]) -> str:
        """The text with each hole's words, which are not looked at again."""
        pieces = self._pieces.copy()
        pieces[1::2] = [words[name] for name in self._names]
        return "".join(pieces)


def only_prints(tree: nodes.Template, name: str) -> bool:
    """Whether ``tree`` does nothing with variable ``name``, or an attribute of it, but print it: it may be a hole."""
    if next(tree.find_all(_CHANGE_OUTPUT), None):
        return False
    printed = {id(_printed(child)) for output in tree.find_all(nodes.Output) for child in output.nodes}
    return all(id(used) in printed for used in tree.find_all(nodes.Name) if used.name == name)


def _printed(expression: nodes.Expr) -> nodes.Node | None:
    """The variable that ``expression`` prints as it is."""
    if isinstance(expression, nodes.Filter) and expression.name == "paragraphs":
        return expression.node  # a whole passage, which that filter leaves alone; of an attribute it makes a paragraph
    return expression.node if isinstance(expression, nodes.Getattr) else expression
