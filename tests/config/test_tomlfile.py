"""Tests of TOML that remembers lines."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import ConfigError
from workers.tomlfile import read

EVERYTHING = '''\
# a comment with key = 1
title = "a [b] = c"  # [not.a.table]
charter = """
[not.a.header]
key = "in a text" \\"""
"""
dotted.key = 1
words = [
  "one", # ]
  'two ] three',
]
[sender]
"odd name" = 1
literal = \'\'\'
[[letter.variants]]
\'\'\'
[[letter.variants]]
name = "first"
when = { party = ["a", "b"] }
[[letter.variants]]
name = "second"
[letter.variants.deeper]
key = 1
[letter]
salutation = 1
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 2),
        (("charter",), 3),
        (("dotted", "key"), 7),
        (("words",), 8),
        (("sender", "odd name"), 13),
        (("sender", "literal"), 14),
        (("letter", "variants", 0), 17),
        (("letter", "variants", 0, "when"), 19),
        (("letter", "variants", 0, "when", "party"), 19),
        (("letter", "variants", 1, "name"), 21),
        (("letter", "variants", 1, "deeper", "key"), 23),
        (("letter", "salutation"), 25),
        (("letter", "variants", 1, "missing"), 20),
    ],
)
def test_every_key_has_its_line(tmp_path, keys, line):
    """Texts and lists that span lines, and lines in them that look like keys, do not shift it."""
    (tmp_path / "a.toml").write_text(EVERYTHING)
    assert read(tmp_path / "a.toml", tmp_path).where(keys) == f"a.toml:{line}"


def test_the_line_inside_a_text_is_found(tmp_path):
    """A template's error is told with its own line, which begins below the key and any blank lines."""
    (tmp_path / "a.toml").write_text('body = """\n\nfirst\nsecond\n"""\nshort = "one"\n')
    file = read(tmp_path / "a.toml")
    assert file.line_in(("body",), 2) == 4
    assert file.line_in(("short",), 1) == 6


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'a = "1\n', "a.toml:1: is not TOML"),
        (b"a = 1\na = 2\n", "a.toml:2: is not TOML"),
        (b"a = 1\n\n\xff = 2", "a.toml:3: is not UTF-8"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "is not TOML"),
        (b"#" * 1_000_001, "larger than"),
        (b"a = 1\x00", "is not TOML"),
    ],
    ids=["open text", "twice", "latin-1", "deep", "huge number", "huge file", "nul"],
)
def test_what_is_not_toml_is_told_with_its_line(tmp_path, raw, said):
    """Whatever the bytes are, the reader gets one sentence."""
    (tmp_path / "a.toml").write_bytes(raw)
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        read(tmp_path / "a.toml", tmp_path)


def test_windows_files_are_read(tmp_path):
    """Notepad writes a mark in front and other line ends."""
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbfa = 1\r\nb = """\r\nx\r\n"""\r\nc = 2\r\n')
    file = read(tmp_path / "a.toml", tmp_path)
    assert file.values == {"a": 1, "b": "x\n", "c": 2}
    assert file.where(("c",)) == "a.toml:5"


def test_a_file_that_is_missing_is_told(tmp_path):
    """Not with a traceback."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read(tmp_path / "a.toml", tmp_path)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=40), max_size=8))
def test_lines_are_found_whatever_the_values_hold(tmp_path_factory, table):
    """Each key is on the line that it was written on."""
    lines = [f"{key} = {_quoted(value)}" for key, value in table.items()]
    text = "\n".join(lines) + "\n"
    assert tomllib.loads(text) == table
    path = tmp_path_factory.mktemp("toml") / "a.toml"
    path.write_bytes(text.encode())
    file = read(path)
    assert [file.lines[key,] for key in table] == list(range(1, len(table) + 1))


def _quoted(value: str) -> str:
    return (
        '"'
        + "".join(
            f"\\U{ord(char):08x}" if char in '"\\' or ord(char) < 32 or ord(char) == 127 else char for char in value
        )
        + '"'
    )
