"""A bulletin in the demo, as in real life: a worker dies, it is paused, people leave, and nobody suffers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit

from workers.campaign.ids import Ids
from workers.campaign.mailings import Kind, book
from workers.campaign.reader_links import ReaderLinks
from workers.campaign.states import CONTACT
from workers.demo.client import Client
from workers.demo.machine import Machine
from workers.demo.readers import Reader
from workers.demo.settling import Counts
from workers.errors import MobiliseError, UnavailableError
from workers.outbox import ledger
from workers.outbox.ledger import Mail

#: Readers who leave while it is paused, by the button of their mail program.
LEAVERS = 25
#: Readers of whom some wait still when somebody looks; with fewer it is paused before the first copy leaves.
WATCHABLE = 3000
#: Seconds between looks, and without any change until something must be wrong.
_LOOK_S, _STILL_S = 0.3, 60.0
_ONE_CLICK = b"List-Unsubscribe=One-Click"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Show = Callable[[Counts], None]


class Sent:
    """One mailing as ``status`` tells of it, until it is over."""

    def __init__(self, machine: Machine, noun: str, name: str) -> None:
        self._machine, self._noun, self.name = machine, noun, name

    def do(self, verb: str, *options: str) -> Counts:
        """What a command about it says."""
        said: Counts = self._machine.mobilise(self._noun, verb, self.name, *options)
        return said

    def until(self, done: Callable[[Counts], object], show: Show) -> Counts:
        """Looks until ``done``; UnavailableError if nothing moves for too long."""
        last: object = None
        moved_at = time.monotonic()
        while True:
            status = self.do("status")
            show(status)
            if done(status):
                return status
            if (seen := (status["stage"], status["states"])) != last:
                last, moved_at = seen, time.monotonic()
            elif time.monotonic() - moved_at > _STILL_S:
                raise UnavailableError(f"the {self._noun} {self.name} does not move: {status['states']}")
            time.sleep(_LOOK_S)


class Bulletin:
    """The newest edition of one bulletin."""

    def __init__(
        self, machine: Machine, web: Client, book: tuple[str, str], readers: Sequence[Reader], untold: Callable[[], int]
    ) -> None:
        """``book`` is campaign and name; ``readers`` are all who subscribed."""
        self._machine, self._web, self._readers, self._untold = machine, web, readers, untold
        self._campaign, name = book
        self._sent, self._left = Sent(machine, "bulletins", name), set[str]()

    def send(self, show: Show) -> Counts:
        """From approval to balanced books, with a killed worker and a pause on the way."""
        sent, audience = self._sent, len(self._readers)
        sent.do("approve", "--empty", "--yes")
        sent.do("send", "--yes")
        if audience >= WATCHABLE:
            sent.until(lambda status: past(status) > audience // 5, show)
        self._machine.kill_worker()
        if audience >= WATCHABLE:
            sent.until(lambda status: past(status) > audience // 3, show)
        self._interrupt()
        status = sent.until(lambda status: status["stage"] == "finished", show)
        return self._settled(status, show)

    def wrong(self, status: Counts) -> Iterator[str]:
        """What the outbox and the books disagree about; there should be nothing."""
        copies = Counter(mail.to.email for mail in self._copies())
        if twice := sum(n > 1 for n in copies.values()):
            yield f"{twice} readers got the bulletin twice"
        if again := len(self._left & copies.keys()):
            yield f"{again} readers got the bulletin after they had left"
        handed_over = sum(n for state, n in status["states"].items() if state in {*CONTACT, "bounced"})
        if handed_over != len(copies):
            yield f"{len(copies)} readers have the bulletin, the books say {handed_over}"
        if not status["balanced"]:
            yield f"the bulletin's books do not balance: {status['states']} of {status['audience']}"
        if len(copies) + len(self._left) != len(self._readers):
            yield f"{len(copies)} readers have the bulletin and {len(self._left)} left, of {len(self._readers)}"

    def _settled(self, status: Counts, show: Show) -> Counts:
        """Once all is reported. What was lost with the killed worker is what the provider says, or is sent again."""
        quiet = time.monotonic() + 2
        while time.monotonic() < quiet or self._untold():
            if self._untold():
                quiet = time.monotonic() + 2
            time.sleep(_LOOK_S)
        status = self._sent.do("status")
        if status["states"].get("unknown"):  # the provider never had them: it says so of none
            self._sent.do("retry", "--unknown", "--yes")
            status = self._sent.until(lambda status: status["stage"] == "finished", show)
            return self._settled(status, show)
        show(status)
        return status

    def _interrupt(self) -> None:
        """It is paused, and some leave; on a machine that is slow to look it may be over by then."""
        try:
            self._sent.do("pause")
        except MobiliseError:
            if self._sent.do("status")["stage"] != "finished":
                raise
            return
        self._leave()
        self._sent.do("resume")

    def _leave(self) -> None:
        """Some who have not got it yet leave by the link of an earlier edition: that counts for this one too."""
        ids = Ids(self._machine.wiring.environment["MOBILISE_SECRET"])
        links = ReaderLinks(ids, self._machine.wiring.web_url)
        earlier = book(self._campaign, Kind.BULLETIN, self._sent.name, "the-one-before")
        reached = {mail.to.email for mail in self._copies()}
        waiting = (reader for reader in self._readers if reader.email not in reached)
        for reader in islice(waiting, LEAVERS):
            url = links.unsubscribe_url(earlier, ids.person(reader.email, reader.name))
            answer = self._web.request("POST", urlsplit(url).path, _ONE_CLICK, _FORM)
            if answer.status != 200:
                raise MobiliseError(f"a reader could not leave: {answer.complaint}")
            self._left.add(reader.email)

    def _copies(self) -> Iterator[Mail]:
        return (mail for mail in ledger.read(self._machine.outbox) if f"bulletin.{self._sent.name}" in mail.categories)


def past(status: Counts) -> int:
    """Copies that wait no more."""
    return sum(n for state, n in status["states"].items() if state not in {"queued", "sending", "held"})
