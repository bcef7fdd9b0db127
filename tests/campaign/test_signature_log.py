"""The public log: sealed entry by entry, computed again by anybody, and no change of it goes unseen."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import CAMPAIGN, candidate
from workers.campaign import signature_log
from workers.campaign.signature_check import check_log
from workers.campaign.signature_log import Change, Head, canonical, digest, header, seal
from workers.errors import InputError

AT = 1_790_000_000
NAMES = ["Ada Löwe", 'Bram "B" O\'Hara', "Zoë \u2028 \\ Ünder", "=cmd|' /C calc'!A0", "<script>\x7f"]


def entries(*kinds: tuple[str, int]) -> list[str]:
    """Sealed lines of these kinds, each of a candidate by number."""
    lines: list[str] = []
    for kind, number in kinds:
        head = Head()
        if lines:
            last = json.loads(lines[-1])
            head = Head(last["number"], last["hash"])
        who = candidate(number, name=NAMES[number % len(NAMES)])
        change = Change(
            kind, AT, "paper", "https://news.example/é", "said so" if kind != "signed" else "", by_hand=True
        )
        lines.append(seal(CAMPAIGN, who, change, head, AT + len(lines)))
    return lines


KINDS = [("signed", 1), ("signed", 2), ("withdrawn", 1), ("signed", 3), ("corrected", 3), ("signed", 1), ("signed", 4)]


def exported(lines: list[str]) -> bytes:
    """A file as it is exported."""
    first = canonical(asdict(header(CAMPAIGN, "Clean rivers", 1565, lines, AT)))
    return "".join(f"{line}\n" for line in (first, *lines)).encode()


def check(raw: bytes):
    return check_log(io.BytesIO(raw))


def test_a_whole_log_comes_to_its_signatories():
    """Every addition and withdrawal is counted, with its reason."""
    head, replay = check(exported(entries(*KINDS)))
    assert (head.candidates, head.entries, head.signatories) == (1565, 7, 4)
    assert replay.signatories == {"1", "2", "3", "4"}
    assert replay.kinds == {"signed": 5, "withdrawn": 1, "corrected": 1}
    assert [(entry["number"], entry["reason"]) for entry in replay.undone] == [(3, "said so"), (5, "said so")]


def test_an_empty_log_is_whole():
    """Before the first signature."""
    head, replay = check(exported([]))
    assert (head.head, replay.head, head.signatories) == ("0" * 64, "0" * 64, 0)


def test_the_ten_lines_in_the_documentation_recompute_it(tmp_path: Path):
    """A journalist needs nothing of ours: that is the promise, so it is run as it is written."""
    documentation = signature_log.__doc__ or ""
    script = tmp_path / "recompute.py"
    script.write_text(textwrap.dedent(documentation.partition("::\n")[2]))
    lines = entries(*KINDS)
    file = tmp_path / "log.jsonl"
    file.write_bytes(exported(lines))
    command = [sys.executable, str(script), str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.strip() == json.loads(lines[-1])["hash"]
    file.write_bytes(exported(lines).replace(b"paper", b"tweet", 1))
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 1


def test_no_entry_holds_a_name_of_who_entered_it():
    """The public learns that the campaign entered it, not who of the campaign."""
    assert {json.loads(line)["by"] for line in entries(*KINDS)} == {"campaign"}


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize(
    "field", ["name", "party", "at", "kind", "candidate", "evidence", "reason", "by", "recorded_at"]
)
def test_a_changed_entry_is_found_at_its_line(number: int, field: str):
    """Whatever was changed, and wherever."""
    lines = entries(*KINDS)
    lines[number - 1] = canonical({**json.loads(lines[number - 1]), field: "forged"})
    with pytest.raises(InputError, match=rf"^line {number + 1}: "):
        check(exported(lines))


def resealed(lines: list[str], start: int) -> list[str]:
    """The same entries with a chain that fits again: what a forger with time would do."""
    done = lines[:start]
    for line in lines[start:]:
        entry = json.loads(line)
        last = json.loads(done[-1])
        entry |= {"number": last["number"] + 1, "previous": last["hash"]}
        done.append(canonical({**entry, "hash": digest(entry)}))
    return done


@pytest.mark.parametrize(
    ("forge", "line"),
    [
        (lambda lines: [*lines[:2], *lines[3:]], 4),
        (lambda lines: [*lines[:1], lines[2], lines[1], *lines[3:]], 3),
        (lambda lines: [lines[0], *lines], 3),
        (lambda lines: lines[1:], 2),
        (lambda lines: [*lines[:3], "", *lines[3:]], 5),
        (lambda lines: [*lines[:3], "{}", *lines[3:]], 5),
    ],
)
def test_an_entry_left_out_moved_or_repeated_is_found(forge: Callable[[list[str]], list[str]], line: int):
    """The number of the first line that does not fit."""
    head, _, rest = exported(entries(*KINDS)).decode().partition("\n")
    lines = "\n".join([head, *forge(rest.rstrip("\n").split("\n")), ""])
    with pytest.raises(InputError, match=rf"^line {line}: "):
        check(lines.encode())


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ([("signed", 1), ("signed", 1)], "has signed already"),
        ([("signed", 1), ("withdrawn", 2)], "has not signed"),
        ([("signed", 1), ("corrected", 2)], "has not signed"),
        ([("signed", 1), ("burnt", 1)], "the kind is none of"),
    ],
)
def test_a_chain_that_fits_must_make_sense_too(kinds: list[tuple[str, int]], says: str):
    """One candidate is one signatory."""
    with pytest.raises(InputError, match=rf"^line 3: .*{says}"):
        check(exported(entries(*kinds)))


def test_a_shortened_log_is_seen_by_its_header():
    """Cut at the end of a line, in a line, or in a letter."""
    raw = exported(entries(*KINDS))
    whole = raw[: raw.rstrip().rindex(b"\n") + 1]
    with pytest.raises(InputError, match=r"^line 8: the log ends after 6 entries, its header says 7"):
        check(whole)
    with pytest.raises(InputError, match=r"^line 8: the line is not JSON"):
        check(raw[:-40])
    with pytest.raises(InputError, match=r"^line 2: the line is not UTF-8"):
        check(raw[: raw.index("é".encode()) + 1])


def test_a_forged_end_is_seen_by_the_published_head():
    """Who seals everything again ends at another head than the one that was published."""
    lines = entries(*KINDS)
    forged = resealed([lines[0], lines[1].replace("paper", "tweet"), *lines[2:]], 1)
    first = exported(lines).partition(b"\n")[0].decode()
    with pytest.raises(InputError, match="not the one that the header names as head"):
        check("\n".join([first, *forged]).encode())


def with_header(**changes: Any) -> bytes:
    lines = entries(*KINDS)
    fields = {**asdict(header(CAMPAIGN, "Clean rivers", 9, lines, AT)), **changes}
    return "\n".join([canonical({k: v for k, v in fields.items() if v is not None}), *lines]).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"not json\n",
        b"[]\n",
        b"{" * 50_000,
        b"[" * 20_000 + b"\n",
        b"\xff\xfe\n",
        b"\x00" * 100_000,
        b'{"number": NaN}\n',
        b'{"number": 1' + b"0" * 5000 + b"}\n",
        with_header(kind="footer"),
        with_header(format="mobilise-signature-log/2"),
        with_header(candidates="9"),
        with_header(candidates=True),
        with_header(candidates=-1),
        with_header(candidates=9.0),
        with_header(title=None),
        with_header(more="x"),
        with_header(title=["x"]),
    ],
)
def test_what_is_no_log_is_one_sentence_about_its_first_line(raw: bytes):
    """Whatever a journalist was sent, nothing crashes."""
    with pytest.raises(InputError, match=r"^line 1: "):
        check(raw)


@pytest.mark.parametrize("changes", [{"campaign": "other"}, {"entries": 6}, {"signatories": 5}, {"head": "0" * 64}])
def test_a_header_that_does_not_fit_its_entries_is_found(changes: dict[str, object]):
    """Numbers that people quote stand there."""
    with pytest.raises(InputError, match=r"^line \d: "):
        check(with_header(**changes))


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}',
        '{"name":"\\ud800"}',
        "[1,2]",
        "x" * 40_000,
        "null",
    ],
)
def test_hostile_entries_are_refused_at_their_line(line: str):
    """Two programs must never read one line in two ways."""
    with pytest.raises(InputError, match=r"^line 9: "):
        check(exported(entries(*KINDS)) + line.encode())


def test_half_a_character_and_repeated_fields_are_refused():
    """They could be read in two ways though the chain fits."""
    lines = entries(*KINDS)
    twice = lines[0].replace('"name":', '"name":"Eve","name":', 1)
    half = canonical({**json.loads(lines[0]), "name": "?"}).replace('"?"', '"\\ud800"')
    first = exported(lines).partition(b"\n")[0].decode()
    for line, says in ((twice, "twice"), (half, "half a character")):
        with pytest.raises(InputError, match=rf"^line 2: .*{says}"):
            check(f"{first}\n{line}".encode())
