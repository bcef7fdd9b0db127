"""Checks that no tool of others makes: sizes, Lua contracts and syntax, and what must not be in a tracked file."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import redis

from workers.server import Valkey
from workers.store.scripts import source

ROOT = Path(__file__).resolve().parents[1]
LUA = ROOT / "workers" / "store" / "lua"
#: Lines; beyond them a room has become a hall.
FILE, FUNCTION = 300, 50
#: Path, or "path:function" → why it may be longer. Keep it empty.
LONGER: dict[str, str] = {}
#: What a tracked file must not hold: index hosts (the lock files install from any), paths of one developer's machine.
_FORBIDDEN = re.compile(
    r"py[p]i\.org|python[h]osted\.org|index[-]url|find[-]links|(?<![\w.~-])/(?:root|home/[a-z]\w*|Users/[a-z]\w*|work)/",
    re.IGNORECASE,
)
#: Folders and files that are made by running the project or its tools.
_MADE = re.compile(r"\.venv.*|\.\w+_cache|\.hypothesis|\.git|\.coverage|__pycache__|var|dist|build|\.env|.*\.egg-info")
_CONTRACT = r"-- {name}\(keys=\[[\w, ]*\], args=\[.*\]\)\n-- \S"


def main() -> int:
    """Prints what is wrong, one line each; the exit status says whether anything is."""
    if not is_repository():
        print("sizes and texts: this is no git repository, so every file here counts as the project's")
    wrong = [*sizes(), *lua(), *texts()]
    print("\n".join(wrong) or "sizes, Lua and texts: nothing wrong")
    return bool(wrong)


def sizes() -> Iterator[str]:
    """Python files and functions that are too long; exceptions that are not needed any more."""
    found = dict(_long())
    yield from (f"{place}: {size} lines" for place, size in found.items() if place not in LONGER)
    yield from (f"{place}: needs no exception any more" for place in LONGER if place not in found)


def _long() -> Iterator[tuple[str, int]]:
    for path in tracked("*.py"):
        text = (ROOT / path).read_text()
        if (lines := len(text.splitlines())) > FILE:
            yield path, lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION:
                    yield f"{path}:{node.name}", lines


def lua() -> Iterator[str]:
    """Scripts without their contract in their head, or that a server does not understand."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Valkey(Path(folder)) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        for path in sorted(LUA.glob("*.lua")):
            part = path.stem.startswith("_")  # included by others, never called
            contract = "-- " if part else _CONTRACT.format(name=re.escape(path.stem))
            if not re.match(contract, path.read_text()):
                yield f"{path.relative_to(ROOT)}:1: begin with -- {path.stem}(keys=[...], args=[...]) and what it does"
            try:
                client.script_load(source(path.stem))
            except redis.ResponseError as error:
                yield f"{path.relative_to(ROOT)}: {error}"


def texts() -> Iterator[str]:
    """Tracked text that names a package index or a place on one machine."""
    for path in tracked():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := _FORBIDDEN.search(line):
                yield f"{path}:{number}: {found[0]} does not belong in the project"


def tracked(pattern: str = "*") -> list[str]:
    """What git knows, and new files it does not ignore, relative to the root; in an unpacked archive, all there is."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", pattern]
    if is_repository():
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    else:
        found = (path.relative_to(ROOT) for path in ROOT.rglob(pattern))
        listed = [str(path) for path in found if not any(_MADE.fullmatch(part) for part in path.parts)]
    return [path for path in sorted(set(listed)) if path and (ROOT / path).is_file()]


@cache
def is_repository() -> bool:
    """Whether git knows this very folder; not that one above it is known, or that git is not there."""
    git = shutil.which("git")
    if git is None:
        return False
    asked = subprocess.run([git, "rev-parse", "--show-cdup"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.returncode == 0 and not asked.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
