"""Redis comes back with an old copy of its file, or with its tail cut: nothing is posted twice, and people decide."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.journeys.town import Campaign, Town
from tests.support.processes import Running
from tests.support.wait import wait_until

HELD = "the ledger went back in time: mobilise ledger doubts says what that means"


class Witnessed(Town):
    """A town whose workers and clock share one journal folder, as those of one machine do."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "MOBILISE_WORKER__JOURNAL": str(self.journal)}

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def tail(self) -> Path:
        """The file that Redis appends to."""
        return max((self.valkey.folder / "appendonlydir").glob("*.incr.aof"))

    def process(self, name: str) -> Running:
        return self._running[name]

    def copy_ledger(self) -> Path:
        """Stops the server as an operator would who makes a copy, and starts it again."""
        copy = self.folder / "copy"
        self.valkey.stop()
        shutil.copytree(self.valkey.folder, copy)
        self.valkey.start()
        return copy

    def restore(self, copy: Path) -> None:
        """The server dies and comes back with what it knew when the copy was made."""
        self.valkey.kill()
        shutil.rmtree(self.valkey.folder)
        shutil.copytree(copy, self.valkey.folder)
        self.valkey.start()

    def pauses(self) -> dict[str, str]:
        return {scope: pause.reason for scope, pause in self.store.pauses.all().items()}

    def wait_held(self) -> None:
        wait_until(lambda: self.pauses().get("all") == HELD, 20, lambda: f"all is held; {self.pauses()}")


@pytest.fixture
def town(tmp_path: Path):
    with Witnessed(tmp_path, campaigns=2) as town:
        yield town


@pytest.fixture
def campaign(town: Witnessed) -> Campaign:
    campaign: Campaign = town.campaign()
    campaign.candidates("ann", "bob")
    return campaign


@pytest.mark.faults
def test_an_old_copy_of_the_ledger_sends_nothing_again(town: Witnessed, campaign: Campaign):
    """What left after the copy was made is queued in it, or absent: only the journals know better."""
    campaign.write("Early")
    campaign.comes_to(delivered=2)
    campaign.mobilise("campaigns", "pause")
    later = campaign.write("Later")
    campaign.comes_to(delivered=2, queued=2)
    copy = town.copy_ledger()
    campaign.mobilise("campaigns", "resume")
    gone = campaign.write("Gone")
    campaign.comes_to(delivered=6)
    assert len(town.outbox.deliveries()) == 6

    town.restore(copy)
    town.wait_held()
    campaign.mobilise("campaigns", "resume")  # the copy was made during a pause
    said = town.process("clock").wait_for("ledger.went_back")
    assert (said["journal"], said["ledger"], said["in_doubt"]) == (3, 1, 4)
    town.start("worker")
    assert town.process("worker").wait_for("ledger.went_back")["in_doubt"] == 4
    assert campaign.mobilise("campaigns", "show")["paused"] == {"all": HELD}

    found = town.mobilise("ledger", "doubts")
    told = {row["letter"]: (row["ledger_says"], row["lost"]) for row in found["letters"]}
    assert told == dict.fromkeys(later, ("queued", False)) | dict.fromkeys(gone, ("absent", True))
    assert (found["in_doubt"], found["forgotten"]) == (4, 0)

    done = town.mobilise("ledger", "accept", "--yes")
    assert (done["unknown"], done["remembered"], done["resumed"]) == (2, 2, True)
    campaign.comes_to(delivered=2, unknown=2)
    campaign.write("Gone")
    campaign.write("New")
    campaign.comes_to(delivered=4, unknown=4)
    for letter in [*later, *gone]:
        town.mobilise("letters", "settle", letter, "--accepted", "--yes")
    campaign.comes_to(delivered=4, accepted=4)
    assert sorted(town.outbox.deliveries()) == sorted(set(town.outbox.deliveries()))
    assert len(town.outbox.deliveries()) == 8
    assert campaign.mobilise("tally", "verify")["balanced"]
    assert town.mobilise("ledger", "doubts")["in_doubt"] == 0


@pytest.mark.faults
def test_reports_that_come_meanwhile_settle_what_is_in_doubt(town: Witnessed, campaign: Campaign):
    """A report cannot move a letter that the ledger thinks is still queued: it waits until an operator has said go."""
    campaign.mobilise("campaigns", "pause")
    campaign.write("Later")
    campaign.comes_to(queued=2)
    copy = town.copy_ledger()
    town.stop("web")  # so that the provider has nobody to tell
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(accepted=2)

    town.restore(copy)
    town.wait_held()
    town.start("web")
    wait_until(lambda: town.process("web").events("reports.received"), 30, lambda: "the provider tries again")
    assert campaign.states() == {"queued": 2}
    town.mobilise("ledger", "accept", "--yes")
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=2)
    campaign.books_are_in_order()


@pytest.mark.faults
def test_a_cut_tail_of_the_append_only_file_is_noticed(town: Witnessed, campaign: Campaign):
    """Redis starts on a torn file by itself (aof-load-truncated): the last claims were never made, it thinks."""
    campaign.write("Early")
    campaign.comes_to(delivered=2)
    campaign.mobilise("campaigns", "pause")
    later = campaign.write("Later")
    campaign.comes_to(delivered=2, queued=2)
    kept = town.tail.stat().st_size
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=4)

    town.valkey.kill()
    with town.tail.open("r+b") as file:
        file.truncate(kept + 11)
    town.valkey.start()
    town.wait_held()
    campaign.mobilise("campaigns", "resume")
    found = town.mobilise("ledger", "doubts")
    assert {row["letter"]: row["ledger_says"] for row in found["letters"]} == dict.fromkeys(later, "queued")
    town.mobilise("ledger", "accept", "--yes")
    campaign.write("New")
    campaign.comes_to(delivered=4, unknown=2)
    campaign.books_are_in_order()


@pytest.mark.faults
def test_a_server_that_is_killed_and_comes_back_whole_is_no_alarm(town: Witnessed, campaign: Campaign):
    """With appendfsync always every claim that was answered is in the file: nobody is bothered."""
    for number in range(3):
        campaign.write(f"Number{number}")
        town.valkey.kill()
        town.valkey.start()
    wait_until(lambda: sum(campaign.states().values()) == 6, 30, lambda: str(campaign.states()))
    wait_until(lambda: campaign.states().keys() <= {"delivered", "unknown"}, 30, lambda: str(campaign.states()))
    assert town.pauses() == {}
    assert not [line for name in ("clock", "worker") for line in town.process(name).events("ledger.went_back")]
    assert town.mobilise("ledger", "doubts")["behind"] == []
    campaign.books_are_in_order()


@pytest.mark.faults
def test_a_worker_that_has_no_place_for_its_journal_does_not_start(town: Witnessed):
    """Better no letters than letters that nobody could vouch for."""
    town.stop("worker")
    shutil.rmtree(town.journal, ignore_errors=True)
    town.journal.write_text("a file where the folder should be")
    town.start("worker")
    worker = town.process("worker")
    assert worker.popen.wait(20) == 1
    assert "worker.journal: the journal folder" in worker.stderr
    assert "Traceback" not in worker.stderr
