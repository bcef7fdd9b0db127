"""``mobilise signatures`` list, export, check-log: safe to open, without a private word, and proven."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

BY = ("--by", "Kim Clerk")
Run = Callable[..., tuple[int, str, str]]


def test_a_list_can_be_narrowed_and_favours_nobody(import_rows, mobilise: Run):
    """By constituency, then name; by any of four narrowings, and all of them together."""
    import_rows("id,source\n6,stage\n2,paper\n1,paper\n4,tweet\n7,paper\n")

    def ids(*options: str) -> list[str]:
        return [row["candidate_id"] for row in json.loads(mobilise("list", "--json", *options)[1])]

    assert ids() == ["7", "6", "1", "4", "2"]
    assert ids("--party", "river") == ["1"]
    assert ids("--region", "south") == ["7", "1", "4", "2"]
    assert ids("--constituency", "e14999002") == ["1", "4"]
    assert ids("--source", "Paper", "--region", "South", "--party", "river") == ["1"]
    table = mobilise("list")[1]
    assert "Kim Clerk" in table
    assert "no such signatures" in mobilise("list", "--party", "[red]")[1]


def test_an_export_is_safe_to_open_and_names_no_operator(import_rows, mobilise: Run):
    """CSV for a spreadsheet, JSON for a program, and the CSV can be imported again."""
    import_rows("id,source,signed_at\n7,paper,2026-05-01T12:00:00Z\n1,stage,2026-05-02\n")
    out = mobilise("export")[1]
    rows = list(csv.DictReader(StringIO(out)))
    assert [row["candidate_id"] for row in rows] == ["7", "1"]
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert (rows[0]["party"], rows[0]["signed_at"]) == ('"Sum" Party; @', "2026-05-01T12:00:00Z")
    listed = mobilise("export", "--format", "json")[1]
    assert [row["name"] for row in json.loads(listed)] == ["=HYPERLINK(1)", "Candidate 1"]
    assert "Kim" not in out + listed
    assert import_rows(out)[1]["already"] == ["7", "1"]


def test_the_log_is_exported_and_proves_itself(import_rows, mobilise: Run, tmp_path: Path):
    """Signatories of those who stand; every withdrawal with its reason; nobody's name who entered it."""
    import_rows("id,source\n1,paper\n2,stage\n3,paper\n")
    mobilise("withdraw", 2, "--reason", "she asked us to", *BY)
    raw = mobilise("export", "--log")[1]
    assert "Kim" not in raw
    file = tmp_path / "log.jsonl"
    file.write_bytes(raw.encode())
    status, out, _ = mobilise("check-log", file)
    assert status == 0
    assert "2 of 7 candidates have signed." in out
    assert "she asked us to" in out
    found = json.loads(mobilise("check-log", file, "--json")[1])
    assert (found["signatories"], found["signed"], found["withdrawn"], found["intact"]) == (2, 3, 1, True)
    assert found["signed_by_source"] == {"paper": 2, "stage": 1}


def test_checking_needs_no_server_and_no_settings(import_rows, mobilise: Run, tmp_path: Path, monkeypatch):
    """A journalist has neither; the first line that is wrong is named."""
    import_rows("id\n1\n2\n")
    raw = mobilise("export", "--log")[1]
    monkeypatch.setenv("REDIS_URL", "no such server")
    monkeypatch.setenv("MOBILISE_HOME", str(tmp_path / "nowhere"))
    file = tmp_path / "log.jsonl"
    file.write_text(raw)
    assert mobilise("check-log", file)[0] == 0
    file.write_text(raw.replace("Candidate 2", "Candidate 3"))
    status, out, err = mobilise("check-log", file)
    assert (status, out) == (1, "")
    assert err == "error: line 3: the entry was changed: its hash is not that of its content\n"
    file.write_bytes(b"\x1b]0;owned\x07" * 9000)
    status, _, err = mobilise("check-log", file)
    assert (status, err.count("\n"), "\x1b" in err) == (1, 1, False)
