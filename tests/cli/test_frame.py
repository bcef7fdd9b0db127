"""Tests of the frame that all commands stand in: help, errors, exit statuses, how things are shown."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from workers.cli import Context, main, mobilise
from workers.cli.shown import confirm, plain, show_record, show_rows
from workers.errors import NotFoundError, UnavailableError

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, code: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    command = ["-c", code] if code else ["-m", "workers", *arguments]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def fails(monkeypatch):
    """Runs ``mobilise check`` with something in its place that raises ``error``."""

    def fails(error: BaseException) -> int:
        @click.command()
        def failing() -> None:
            raise error

        monkeypatch.setattr("workers.cli.check.check", failing)
        return main(["check"])

    return fails


def test_help_needs_nothing_that_is_slow():
    """Tab completion asks for it at every key: no Redis, no queue, no templates, no rich."""
    code = "import sys; from workers.cli import main; main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    loaded = run(code=code).stderr
    assert [
        name for name in ("redis", "dramatiq", "jinja2", "rich", "msgspec", "structlog") if f"'{name}'" in loaded
    ] == []


def test_every_noun_in_the_help_can_be_asked():
    """The table names modules as text: a slip in it would only show when it is asked for."""
    with click.Context(mobilise) as context:
        for noun in mobilise.list_commands(context):
            found = mobilise.get_command(context, noun)
            assert isinstance(found, click.Command)


def test_without_a_noun_the_help_is_shown():
    """Whoever types the name alone wants to know what there is."""
    shown = run()
    assert shown.returncode == 0
    assert "Examples:" in shown.stdout


@pytest.mark.parametrize(("typed", "said"), [("chek", "did you mean check?"), ("\x1b[2J", "'?[2J'")])
def test_an_unknown_noun_is_told_with_the_nearest(typed, said):
    """Exit status 2, and nothing that moves the cursor."""
    shown = run(typed)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr
    assert "\x1b" not in shown.stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFoundError("no campaign x"), 1, "error: no campaign x\n"),
        (UnavailableError("the ledger is away"), 1, "error: the ledger is away\n"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 1, "error: a.csv: No such file or directory\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (click.UsageError("say which"), 2, "Error: say which\n"),
        (click.exceptions.Exit(3), 3, ""),
    ],
)
def test_what_can_be_expected_is_one_line_and_a_status(fails, capsys, error, status, said):
    """No traceback: the reader is an operator."""
    assert fails(error) == status
    assert capsys.readouterr().err.lstrip("\n").endswith(said)


def test_settings_that_cannot_be_used_are_one_line():
    """Whatever the command."""
    shown = run("campaigns", "list", MOBILISE_WEB__PROT="1")
    assert shown.returncode == 1
    assert shown.stderr.startswith("error: MOBILISE_WEB__PROT: is no setting (did you mean MOBILISE_WEB__PORT?")
    assert shown.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_error():
    """``mobilise … | head``."""
    code = (
        "import sys; from workers.cli import main; import workers.cli.check as c, click\n"
        "@click.command()\ndef many():\n    [click.echo('x' * 1000) for _ in range(1000)]\n"
        "c.check = many\nsys.exit(main(['check']))"
    )
    program = [sys.executable, "-c", code]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_terminal_without_the_letters_still_gets_an_answer():
    """An old locale is no reason for a traceback."""
    shown = run("check", PYTHONIOENCODING="ascii", REDIS_URL="redis://127.0.0.1:1/0")
    assert shown.returncode == 1
    assert "\\u2192" in shown.stdout
    assert shown.stderr == ""


def test_an_unknown_campaign_is_told_with_the_nearest():
    """Every command takes campaigns by slug."""
    with pytest.raises(NotFoundError, match=r"no campaign clean-river \(did you mean clean-rivers\?\)"):
        Context(ROOT, {}).campaign("clean-river")


def test_rows_are_shown_as_json_or_as_a_table(capsys):
    """The same rows for programs and for people; a pipe gets whole lines."""
    rows = [
        {"party": "Moss", "contacts": 3, "note": "x" * 300},
        {"party": "[red]Stone[/red]", "contacts": 12, "note": None},
    ]
    show_rows(rows, as_json=True)
    assert json.loads(capsys.readouterr().out) == rows
    show_rows(rows)
    shown = capsys.readouterr().out
    assert "[red]Stone[/red]" in shown
    assert "x" * 300 in shown
    show_rows([], empty="no letter yet")
    assert capsys.readouterr().out == "no letter yet\n"


def test_a_record_is_shown_as_json_or_line_by_line(capsys):
    """Texts of several lines stay in their column."""
    record = {"charter": "a\nb", "open": True, "at": datetime(2029, 1, 2, 3, 4, 5, tzinfo=UTC)}
    show_record(record, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"charter": "a\nb", "open": True, "at": "2029-01-02T03:04:05Z"}
    show_record(record)
    assert capsys.readouterr().out.splitlines() == [
        "charter  a",
        "         b",
        "open     yes",
        "at       2029-01-02 03:04:05Z",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x1b[2J\r\nb", "a [2J  b"),
        (["a", None, "b\x9bc"], "a, , b c"),
        ({"x": False}, "x: no"),
        ("\u202egnp.exe", " gnp.exe"),
    ],
)
def test_what_a_stranger_typed_cannot_move_the_cursor(value, text):
    """Names and reasons come from files and requests."""
    assert plain(value) == text


def test_a_deed_is_not_done_without_a_yes(monkeypatch):
    """In a script there is nobody to ask: it must say so."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    confirm("Withhold 3 letters?", yes=True)
    with pytest.raises(click.ClickException, match=r"Withhold 3 letters\? Say --yes"):
        confirm("Withhold 3 letters?", yes=False)
