"""The file that each sender keeps outside Redis: what survives, what is passed over, what stops a sender."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.logs import logged_by
from workers import journal, journal_files
from workers.errors import ConfigError
from workers.journal import Journal
from workers.journal_files import Entry

OLD_AND_NEW = 2


@pytest.fixture
def begun():
    """Opens journals in a folder; each gives back its lock."""
    opened: list[Journal] = []

    def begun(folder: Path, **options: int) -> Journal:
        opened.append(Journal(folder, **options))
        opened[-1].open()
        return opened[-1]

    yield begun
    for one in opened:
        one.close()


def entry(number: int) -> Entry:
    return Entry(number, 1_790_000_000, "clean-rivers", "a" * 17, "d" * 17, ("1", f"4{number}"))


def test_what_was_appended_is_read_again(begun, tmp_path):
    """In the order of the claims, whichever thread was first to write."""
    one = begun(tmp_path)
    for number in (2, 1, 3):
        assert one.append(entry(number))
    assert journal_files.known(tmp_path) == {one.sender: 3}
    assert list(journal_files.entries(tmp_path, after={one.sender: 1})) == [entry(2), entry(3)]


def test_each_process_has_a_file_of_its_own_and_the_next_takes_over_the_dead_ones(begun, tmp_path):
    """So there are never more files than there were processes at one time."""
    first, second = begun(tmp_path), begun(tmp_path)
    assert first.sender != second.sender
    first.append(entry(7))
    first.close()
    third = begun(tmp_path)
    assert (third.sender, third.highest) == (first.sender, 7)
    assert len(list(tmp_path.glob("*.log"))) == 2


def test_a_line_survives_kill_9(tmp_path):
    """It is with the operating system before the call begins."""
    program = (
        "import os, pathlib, signal, sys\n"
        "from workers.journal import Journal\n"
        "from workers.journal_files import Entry\n"
        "one = Journal(pathlib.Path(sys.argv[1])); one.open()\n"
        "one.append(Entry(5, 1, 'c', 'a', 'd', ('1',))); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=30)
    assert list(journal_files.known(tmp_path).values()) == [5]


@pytest.mark.parametrize("torn", [b"9 9 1790000000 clean", b"9", b"\0" * 5000, b"9 9 17 c a d 1,4"])
def test_a_torn_last_line_is_nothing(begun, tmp_path, torn):
    """Its letters were never posted, or a power cut left zeros: the rest counts, and the next line begins anew."""
    one = begun(tmp_path)
    one.append(entry(1))
    one.close()
    with (tmp_path / f"{one.sender}.log").open("ab") as file:
        file.write(torn)
    assert journal_files.known(tmp_path) == {one.sender: 1}
    again = begun(tmp_path)
    again.append(entry(2))
    assert list(journal_files.entries(tmp_path, after={one.sender: 0})) == [entry(1), entry(2)]


def test_a_garbled_line_in_between_is_passed_over(begun, tmp_path):
    """The lines after it are worth as much as before."""
    one = begun(tmp_path)
    one.append(entry(1))
    with (tmp_path / f"{one.sender}.log").open("ab") as file:
        file.write(b"\0\0\0\xff\n\n")
    one.append(entry(2))
    assert [found.number for found in journal_files.entries(tmp_path, after={one.sender: 0})] == [1, 2]


def test_it_stays_small_and_keeps_the_newest(begun, tmp_path):
    """And says how many claims nobody remembers any more."""
    one = begun(tmp_path, most=500)
    for number in range(1, 51):
        one.append(entry(number))
    sizes = [path.stat().st_size for path in tmp_path.glob("*.log")]
    assert len(sizes) == OLD_AND_NEW
    assert max(sizes) <= 500
    kept = [found.number for found in journal_files.entries(tmp_path, after={one.sender: 10})]
    assert kept == list(range(kept[0], 51))
    assert journal_files.forgotten(tmp_path, after={one.sender: 10}) == kept[0] - 11
    assert journal_files.forgotten(tmp_path, after={one.sender: 49}) == 0
    assert journal_files.known(tmp_path) == {one.sender: 50}


def test_copies_of_one_journal_are_one(begun, tmp_path):
    """An operator brings the folder of another machine, perhaps twice, perhaps an older one."""
    one = begun(tmp_path / "here")
    one.append(entry(1))
    (tmp_path / "there").mkdir()
    copy = tmp_path / "there" / f"{one.sender}.log"
    copy.write_bytes((tmp_path / "here" / copy.name).read_bytes())
    one.append(entry(2))
    folders = tmp_path / "here", tmp_path / "there"
    assert journal_files.known(*folders) == {one.sender: 2}
    assert list(journal_files.entries(*folders, after={one.sender: 0})) == [entry(1), entry(2)]


def test_a_full_disk_is_said_once_and_leaves_no_half_line(begun, tmp_path, monkeypatch):
    """What is not written is not posted; as soon as there is room the sender goes on."""
    monkeypatch.setattr(journal, "_AGAIN_S", 0.0)
    one = begun(tmp_path)
    one.append(entry(1))
    path = tmp_path / f"{one.sender}.log"
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with logged_by(journal) as said:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
        try:
            refused = [one.append(entry(2)), one.ready(), one.ready()]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert refused == [False, False, False]
        assert path.stat().st_size == size
        assert one.ready()
        assert one.append(entry(3))
    assert [line["event"] for line in said] == ["journal.unwritable", "journal.writable"]
    assert [found.number for found in journal_files.entries(tmp_path, after={one.sender: 0})] == [1, 3]


def test_a_journal_that_somebody_removed_stops_its_sender(begun, tmp_path):
    """Lines into a file without a name would vouch for nothing."""
    one = begun(tmp_path)
    (tmp_path / f"{one.sender}.log").unlink()
    assert not one.append(entry(1))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_folder_that_is_not_ours_is_said_at_once(tmp_path, mode):
    """The sentence names the setting and the folder."""
    folder = tmp_path / "journal"
    folder.mkdir(mode=mode)
    with pytest.raises(ConfigError, match=r"worker\.journal: the journal folder .*journal cannot be used"):
        Journal(folder).open()


def test_a_file_in_place_of_the_folder_is_said_at_once(tmp_path):
    """To write and to read."""
    (tmp_path / "journal").touch()
    one = Journal(tmp_path / "journal")
    for ask in (one.open, one.known):
        with pytest.raises(ConfigError, match=r"worker\.journal"):
            ask()


def test_without_a_folder_nothing_is_kept():
    """``journal = ""``: the sender has no name, and the ledger does not count its claims."""
    one = Journal(None)
    one.open()
    assert (one.sender, one.known(), one.ready()) == ("", {}, True)
