"""A town for journeys: Valkey, outbox, web, worker and clock as processes, and the people who use them."""

from __future__ import annotations

import csv
import itertools
import json
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from click.testing import CliRunner
from standardwebhooks.webhooks import Webhook

from tests.support.campaigns import DAILY, OPEN, THANKS
from tests.support.outbox import Outbox
from tests.support.ports import free_port
from tests.support.processes import Running, environment, mobilise
from tests.support.wait import wait_until
from tests.web.operators import PASSWORD
from workers.campaign.ids import Ids
from workers.cli import Context
from workers.cli import mobilise as mobilise_command
from workers.demo.client import Answer, Client
from workers.outbox.ledger import Mail
from workers.server import Valkey
from workers.store import Store

#: Campaigns that are there from the start; each test takes one of its own. Every process reads all of them.
_CAMPAIGNS = 60
#: And some in which candidates may get a daily summary, and which have a bulletin.
_DAILY = 6
POSTCODE, _SEAT = "ZE41 1AA", "E14999001"
API_KEY = "a key that only tests use".replace(" ", "-")
_WEBHOOK_SECRET = "whsec_" + "b25seSB0ZXN0cyB1c2UgdGhpcyBzZWNyZXQ="
#: Short enough that what must run out runs out within a test; seconds, but for the tick.
_WAITS = {
    "MOBILISE_MAIL__CONNECT_TIMEOUT_S": "1",
    "MOBILISE_MAIL__READ_TIMEOUT_S": "1.5",
    "MOBILISE_CLOCK__CLAIM_S": "4",
    "MOBILISE_CLOCK__NUDGE_S": "1",
    "MOBILISE_CLOCK__TICK_MS": "50",
    "MOBILISE_UPKEEP__PASS_S": "5",
    "MOBILISE_WORKER__HEARTBEAT_S": "2",
    "MOBILISE_WORKER__THREADS": "4",
}


class Town:
    """``with Town(folder) as town``: everything runs; ``town.campaign()`` is a new one, with nobody in it."""

    def __init__(self, folder: Path, campaigns: int = _CAMPAIGNS) -> None:
        self.folder, self._web_port = folder, free_port()
        self.web_url = f"http://127.0.0.1:{self._web_port}"
        self.valkey = Valkey(folder / "valkey")
        told = ("--event-every", "0.1", "--events-to", f"{self.web_url}/callbacks/sendgrid/events")
        self.outbox = Outbox(folder, *told)
        self.web, self._left, self._runs = Client(self.web_url), iter(range(campaigns)), itertools.count()
        self._running: dict[str, Running] = {}
        self._log = folder / "log"
        for made in (self._log, folder / "campaigns"):
            made.mkdir()
        for number in range(campaigns):
            (folder / "campaigns" / f"c{number}.toml").write_text(OPEN + THANKS)
        self._left_daily = iter(range(_DAILY))
        for number in range(_DAILY):
            (folder / "campaigns" / f"d{number}.toml").write_text(OPEN + THANKS + DAILY)
            bulletin = folder / "bulletins" / f"news-d{number}"
            bulletin.mkdir(parents=True)
            (bulletin / "bulletin.toml").write_text(f'campaign = "d{number}"\ntitle = "News"\nsubject = "News"\n')
            (bulletin / "body.md").write_text("There is news.\n")

    def __enter__(self) -> Self:
        self.valkey.start()
        self.outbox.start()
        self.provider = Client(self.outbox.url)
        self.store = Store.connect(self.valkey.url, Ids(self.environment()["MOBILISE_SECRET"]))
        for name in ("web", "worker", "clock"):
            self.start(name)
        self._running["web"].wait_healthy(f"{self.web_url}/readyz")
        (self.folder / "postcodes.csv").write_text(f"postcode,gss\n{POSTCODE},{_SEAT}\n")
        self.mobilise("places", "import", str(self.folder / "postcodes.csv"))
        return self

    def __exit__(self, *exception: object) -> None:
        self.web.close()
        self.provider.close()
        for running in self._running.values():
            running.close()
        self.outbox.close()
        self.valkey.stop()

    def environment(self) -> dict[str, str]:
        """What every process gets."""
        return environment(
            **_WAITS,
            MOBILISE_REDIS__URL=self.valkey.url,
            MOBILISE_WEB__PORT=str(self._web_port),
            MOBILISE_CAMPAIGNS__FOLDER=str(self.folder / "campaigns"),
            MOBILISE_LOG__FOLDER=str(self._log),
            MOBILISE_API_KEYS=f"tests:{API_KEY}",
            MOBILISE_CONSOLE_PASSWORD=PASSWORD,
            SIGNATURE_WEBHOOK_SECRET=_WEBHOOK_SECRET,
            SENDGRID_API_KEY="outbox",
            SENDGRID_BASE_URL=self.outbox.url,
            SENDGRID_WEBHOOK_PUBLIC_KEY=self.outbox.public_key,
        )

    def start(self, name: str) -> None:
        """``mobilise NAME``, for web, worker or clock."""
        if name in self._running:
            self._running[name].close()
        folder = self.folder / f"{name}-{next(self._runs)}"
        (self._log / f"{folder.name}.log").symlink_to(folder / "stderr")
        self._running[name] = mobilise(name, folder=folder, env=self.environment())

    def stop(self, name: str) -> int:
        """Asks it to end; its exit status."""
        return self._running[name].stop(signal.SIGTERM)

    def kill(self, name: str) -> None:
        """As a crash would."""
        self._running[name].kill()

    def mobilise(self, *arguments: str, status: int = 0) -> Any:
        """What a command prints as JSON; AssertionError with its words unless it ends with ``status``."""
        operator = Context(environ=self.environment())  # in this process: to start one takes longer than most tests
        try:
            done = CliRunner().invoke(mobilise_command, [*arguments, "--json"], obj=operator, standalone_mode=False)
        finally:
            operator.close()
        assert not done.exception, (done.stderr, done.exception)
        assert (done.return_value or 0) == status, done.output
        return json.loads(done.stdout)

    def campaign(self, *, daily: bool = False) -> Campaign:
        """A campaign that no test had before; ``daily``: candidates may get a summary there, and it has a bulletin."""
        return Campaign(self, self._slug(daily=daily))

    def _slug(self, *, daily: bool = False) -> str:
        number = next(self._left_daily if daily else self._left, None)
        assert number is not None, "every campaign of this town is taken: give it more"
        return f"{'d' if daily else 'c'}{number}"

    def behave(self) -> None:
        """The provider is well again, and nothing is paused."""
        self.provider_does({"clear": True, "events": {"bounce": 0, "complaint": 0, "delivered": 1}})
        for scope in self.store.pauses.all():
            self.store.pauses.resume(scope)

    def provider_does(self, rules: dict[str, Any]) -> None:
        """Tells the outbox what to do."""
        answer = self.provider.request("POST", "/outbox/rules", json.dumps(rules).encode())
        assert answer.status == 200, answer


class Campaign:
    """One campaign of a town, in the words of those who are in it."""

    def __init__(self, town: Town, slug: str) -> None:
        self.town, self.slug = town, slug
        self._addresses: dict[str, str] = {}

    def candidates(self, *names: str, **addresses: str) -> dict[str, Any]:
        """They stand from now on, each at an address of their own or at the one given ("": none is known)."""
        self._addresses |= {name: f"{name}@{self.slug}.example" for name in names} | addresses
        return self._import()

    def withdraw(self, name: str) -> dict[str, Any]:
        """The next list of candidates is without them."""
        del self._addresses[name]
        return self._import()

    def ask(
        self, name: str, email: str = "", candidates: list[str] | None = None, bearer: str = API_KEY, **more: object
    ) -> Answer:
        """A supporter hands in an action; with ``bearer`` "" nobody vouches for them."""
        email = email or f"{name.lower()}@post.example"
        body = {"supporter": {"name": name, "email": email, "postcode": POSTCODE}, **more}
        if candidates:
            body["candidates"] = candidates
        path, headers = f"/api/campaigns/{self.slug}/actions", {"Authorization": f"Bearer {bearer}"}
        return self.town.web.request("POST", path, json.dumps(body).encode(), headers if bearer else {})

    def write(self, name: str, email: str = "", **more: Any) -> list[str]:
        """A supporter writes; the ids of the letters that were acknowledged."""
        answer = self.ask(name, email, **more)
        assert answer.status == 202, answer
        return [letter["letter_id"] for letter in answer.body["letters"]]

    def sign(self, candidate: str, webhook: str = "msg_1", secret: str = _WEBHOOK_SECRET) -> int:
        """A form reports a signature (Standard Webhooks); the status of the answer."""
        now = datetime.now(UTC)
        said = {"candidate_id": candidate, "source": "form"}
        body = json.dumps({"type": "charter.signed", "timestamp": now.isoformat(), "data": said})
        headers = {
            "webhook-id": webhook,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook, now, body),
        }
        path = f"/callbacks/signatures/{self.slug}"
        return self.town.web.request("POST", path, body.encode(), headers).status

    def has_its_morning(self, *candidates: str) -> None:
        """The hour has come at which these get all that waits for them."""
        for candidate in candidates:
            wait_until(partial(self.town.store.summaries.has, self.slug, candidate))
            self.town.store.summaries.due_again(self.slug, candidate, 0)

    def states(self) -> dict[str, int]:
        """How many letters are in which state."""
        return {state: n for state, n in self.town.store.tallies.totals(self.slug).letters.items() if n}

    def comes_to(self, timeout_s: float = 20, **states: int) -> None:
        """Returns once the letters are in these states, and in no others."""
        wait_until(lambda: self.states() == states, timeout_s, lambda: f"{states}; they are {self.states()}")

    def mails(self) -> list[Mail]:
        """What the provider accepted, in order."""
        return [mail for mail in self.town.outbox.accepted() if self.slug in mail.categories]

    def recipients(self) -> list[str]:
        """To whom, in alphabetical order: the part before the @."""
        return sorted(mail.to.email.partition("@")[0] for mail in self.mails())

    def tally(self) -> dict[str, Any]:
        """As the world sees it."""
        tally: dict[str, Any] = self.town.web.get(f"/api/campaigns/{self.slug}/tally")
        return tally

    def mobilise(self, noun: str, verb: str, *more: str, status: int = 0) -> Any:
        """An operator's command about this campaign."""
        return self.town.mobilise(noun, verb, self.slug, *more, status=status)

    def letters(self) -> Iterator[tuple[str, str, str]]:
        """(candidate, state, reason) of each letter."""
        for letter in self.town.store.letters.newest_first(self.slug):
            yield letter.candidate, letter.state.value, letter.reason

    def books_are_in_order(self) -> None:
        """A recount finds the tally, and no letter left twice for the same address."""
        assert self.town.store.tallies.verify(self.slug) == []
        posted = Counter((mail.delivery, mail.to.email.casefold()) for mail in self.mails())
        twice = [delivery for (delivery, _), n in posted.items() if n > 1]
        assert not twice, f"posted twice: {twice}"

    def _import(self) -> dict[str, Any]:
        path = self.town.folder / f"{self.slug}.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "name", "party", "constituency", "gss_code", "email"])
            for name, address in self._addresses.items():
                rows.writerow([name, name.title(), f"{name[0].upper()} Party", "Testford", _SEAT, address])
        report: dict[str, Any] = self.town.mobilise("candidates", "import", str(path), "--campaign", self.slug, "--yes")
        return report
