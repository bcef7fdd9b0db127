"""The main job, from nothing to balanced books, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import click
from rich.console import Console

from workers.demo.audit import Audit, audit
from workers.demo.bulletin import Bulletin, past
from workers.demo.call import Acted, Call
from workers.demo.client import Client
from workers.demo.confirming import Confirming
from workers.demo.crowd import Crowd
from workers.demo.machine import Machine
from workers.demo.options import Options
from workers.demo.plan import Plan, plan, postcodes_of
from workers.demo.readers import Reader, readers, write_list
from workers.demo.settling import Counts, Settling
from workers.demo.shown import Bars, handed_over, reported, show_books
from workers.demo.signing import Signing
from workers.demo.wiring import PASSWORD
from workers.errors import InputError
from workers.outbox.certificate import CA

#: One letter in so many comes of the call.
_ACTING = 4
#: Signatures, if no number is asked for.
_DOZEN = 12


class Demo:
    """One run on one machine that was started."""

    def __init__(self, options: Options, machine: Machine, console: Console) -> None:
        self._options, self._machine, self._console = options, machine, console
        wiring, campaign = machine.wiring, options.campaign
        self._web = Client(wiring.web_url)
        self._outbox = Client(machine.places["outbox"], ca_file=machine.outbox / CA if options.https else None)
        self._settling = Settling(machine, self._web, self._outbox, campaign)
        self._crowd = Crowd(self._web, campaign, wiring.api_key, Confirming(self._web, machine.outbox))
        self._signing = Signing(machine, self._web, campaign)
        self._times: dict[str, str] = {}
        self._mailings: dict[str, Counts] = {}
        self._wrong: list[str] = []

    def run(self) -> bool:
        """Whether the books are in order; they are shown, and with ``once`` the tally is printed on stdout."""
        self._require_empty()
        self._import()
        acted = self._call()
        planned = self._plan(self._options.contacts - acted.contacts)
        tally, acknowledged = self._letters(planned, acted)
        if self._options.signatures != 0:
            tally = self._signatures(planned)
        found = audit(self._machine, self._options.campaign, [*acted.letters, *acknowledged], tally)
        found.wrong.extend(self._wrong)
        if self._options.subscribers:
            found.wrong.extend(self._bulletin())
        show_books(self._console, tally, found, self._times)
        if self._options.once:
            self._print(tally, found)
        return not found.wrong

    def show_pages(self) -> None:
        """Where all of it can be looked at."""
        web, outbox = self._machine.wiring.web_url, self._machine.places["outbox"]
        pages = {
            "the campaign": f"{web}/campaigns/{self._options.campaign}",
            "write yourself": f"{web}/campaigns/{self._options.campaign}/letters",
            "the mails": f"{outbox}/",
            "the API": f"{web}/docs",
            "health": f"{web}/readyz",
        }
        self._console.print()
        for name, url in pages.items():
            self._console.print(f"  {name:<20} [link={url}]{url}[/link]", soft_wrap=True)
        console = f"{web}/console/login"
        self._console.print(f"  {'the console':<20} [link={console}]{console}[/link]  password: {PASSWORD}")

    def _require_empty(self) -> None:
        """With REDIS_URL the ledger may be somebody's."""
        if any(self._settling.tally()["letters"].values()):
            what = "holds letters of this campaign already: name an empty database, or unset it"
            raise InputError(what, field="REDIS_URL")

    def _import(self) -> None:
        options = self._options
        regions = ["--regions", str(options.regions)] if options.regions else []
        who = ["candidates", "import", str(options.candidates), "--campaign", options.campaign, "--yes", *regions]
        taken = self._machine.take(*who)
        places = self._machine.take("places", "import", str(options.postcodes))
        self._console.print(f"Imported {_listed(taken)}, and {places['rows']:,} postcodes.", soft_wrap=True)

    def _plan(self, contacts: int) -> Plan:
        postcodes = postcodes_of(self._options.postcodes)
        planned = plan(postcodes, contacts, self._crowd.ballot)
        if (self._options.signatures or 0) > len(planned.candidates):
            what = f"only {len(planned.candidates)} candidates are written to: ask for fewer, or for more --contacts"
            raise InputError(what, field="--signatures")
        return planned

    def _letters(self, planned: Plan, acted: Acted) -> tuple[Counts, list[str]]:
        bars, begun, contacts = Bars(self._console), time.monotonic(), planned.contacts + acted.contacts
        with bars.shown(), ThreadPoolExecutor(1) as pool:
            writing = bars.part("supporters write", len(planned.wishes))
            leaving = bars.part("letters leave", contacts)
            coming = bars.part("reports come back", contacts)
            acting = pool.submit(self._crowd.write, planned.wishes, writing.advance)

            def show(tally: Counts) -> None:
                leaving.at(handed_over(tally))
                coming.at(reported(tally))
                if acting.done():
                    acting.result()  # what went wrong for a supporter ends the demo
                    if "forecast" not in self._times:
                        self._times["forecast"] = self._forecast()
                if handed_over(tally) >= contacts:
                    left = f"{time.monotonic() - begun:.1f} s, the last one at {datetime.now().astimezone():%H:%M:%S}"
                    self._times.setdefault("letters took", left)

            try:
                tally = self._settling.letters(planned.contacts + planned.held + len(acted.letters), show)
            except BaseException:
                self._web.close()  # whoever still writes stops
                raise
            leaving.end()
            coming.end()
        self._times["all settled in"] = f"{time.monotonic() - begun:.1f} s, reports included"
        return tally, acting.result()

    def _forecast(self) -> str:
        """What an operator reads while letters wait for their time: the demo's pace is a campaign's, speeded up."""
        said = self._machine.mobilise("campaigns", "show", self._options.campaign)["forecast"]
        if not said["last_leaves"]:
            return "no letter waited any more when all had written"
        last = datetime.fromisoformat(said["last_leaves"]).astimezone()
        return f"{said['waiting']:,} letters waited when all had written; the last leaves at {last:%H:%M:%S}"

    def _signatures(self, planned: Plan) -> Counts:
        """After the letters: a signature withholds those that still wait."""
        wanted = self._options.signatures
        chosen = planned.candidates[: _DOZEN if wanted is None else wanted]
        bars = Bars(self._console)
        with bars.shown():
            signing = bars.part("candidates sign", len(chosen))
            self._signing.sign(chosen)
            return self._settling.signatures(len(chosen), lambda tally: signing.at(tally["signatories"]))

    def _call(self) -> Acted:
        """A call to supporters, of whom some write: their letters are the first of those that are asked for."""
        options, number, nobody = self._options, self._options.called, Acted([], 0, 0)
        name = options.call() if number else ""
        if not name:
            return nobody
        people = readers(postcodes_of(options.postcodes), "calls", number)
        self._people(people)
        call = Call(self._machine, self._web, options.campaign, name, people)
        bars, begun = Bars(self._console), time.monotonic()
        with bars.shown():
            bar = bars.part("a call goes out", number)
            call.send(lambda status: bar.at(past(status)))
            acted = call.act(self._crowd.ballot, options.contacts // _ACTING)
        status = call.status()
        self._times["the call"] = (
            f"{number:,} supporters, {acted.people} of whom wrote {len(acted.letters)} letters by their link, "
            f"in {time.monotonic() - begun:.1f} s"
        )
        self._mailings["call"] = {key: status[key] for key in ("audience", "states", "balanced", "acted", "letters")}
        self._wrong += call.wrong(status, acted)
        return acted

    def _bulletin(self) -> Iterator[str]:
        """What went wrong with the bulletin to everybody who subscribed: nothing, one hopes."""
        options, number = self._options, self._options.subscribers
        name = options.bulletin()
        if not name:
            return
        people = readers(postcodes_of(options.postcodes), "bulletins", number)
        self._people(people)
        bulletin = Bulletin(self._machine, self._web, (options.campaign, name), people, self._settling.untold)
        bars, begun = Bars(self._console), time.monotonic()
        with bars.shown():
            bar = bars.part("the bulletin", number)
            status = bulletin.send(lambda status: bar.at(past(status)))
            bar.end()
        left = sum(status["withheld"].values())
        self._times["the bulletin"] = (
            f"{number:,} subscribers, {left} of whom left meanwhile, in {time.monotonic() - begun:.1f} s, "
            "with a killed worker and a pause"
        )
        self._mailings["bulletin"] = {key: status[key] for key in ("audience", "states", "balanced")}
        yield from bulletin.wrong(status)

    def _people(self, people: Sequence[Reader]) -> None:
        """Takes a list of people in, as an organiser would."""
        path = self._machine.folder / "people.csv"
        write_list(path, people)
        self._machine.take("people", "import", str(path), "--yes")
        path.unlink()

    def _print(self, tally: Counts, found: Audit) -> None:
        click.echo(
            json.dumps({**tally, "books_balanced": found.balanced, "verified": found.verified, **self._mailings})
        )


def _listed(taken: dict[str, Any]) -> str:
    """How many candidates a file brought, and what was left out."""
    count = sum(taken[change] for change in ("new", "changed", "back", "same"))
    without = f" ({taken['no_address']:,} without an address)" if taken["no_address"] else ""
    refused = f", {taken['refused']:,} rows refused" if taken["refused"] else ""
    return f"{count:,} candidates{without}{refused}"
