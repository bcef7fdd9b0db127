"""What people entrust to a campaign stays in the ledger and in the mails, whatever happens to them."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import redis

from tests.journeys.test_confirmation import mail_to, path_in
from tests.journeys.test_confirmation import press as confirm
from tests.journeys.test_sign_link import path_in_letter, press, site
from tests.journeys.town import API_KEY, POSTCODE, Campaign
from tests.web.operators import Operator
from workers.redis_address import next_database

#: Words that stand nowhere else; addresses, names and messages are made of them.
CANARIES = ("zephyrine", "quokkaville", "wombatine", "kakapouri", "numbatella")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@contextlib.contextmanager
def queue_overheard(campaign: Campaign) -> Iterator[list[str]]:
    """Every command that reaches the queue's database meanwhile."""
    url = campaign.town.valkey.url
    number = int(next_database(url).rpartition("/")[2])
    heard: list[str] = []
    with redis.Redis.from_url(url) as client, client.monitor() as monitor:

        def listen() -> None:
            with contextlib.suppress(redis.RedisError, OSError, ValueError):
                heard.extend(said["command"] for said in monitor.listen() if said["db"] == number)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield heard
    thread.join(10)


def test_no_name_address_word_or_token_leaves_the_ledger_but_by_mail(campaign: Campaign):
    """Logs, queue messages, dead letters, events, metrics and refusals: ids only. And one trace ties them together."""
    with queue_overheard(campaign) as heard:
        secrets = [*CANARIES, *_live(campaign)]
    assert any("ActionTaken" in said or "write_letters" in said for said in heard)
    told = {"queue": "\n".join(heard), **_told(campaign)}
    found = [(place, word) for place, text in told.items() for word in secrets if word in text.casefold()]
    assert found == []
    worker = next(text for place, text in told.items() if place.startswith("worker-") and TRACE in text)
    lines = [json.loads(line) for line in worker.splitlines() if TRACE in line]
    assert {line["event"] for line in lines} >= {"letters.accepted"}


def _live(campaign: Campaign) -> list[str]:
    """Letters, a bounce, a confirmation and a signature of people with canary names; their tokens."""
    campaign.candidates(ada="zephyrine@quokkaville.example", bram="numbatella@quokkaville.example")
    body = {
        "supporter": {"name": "Wombatine Kakapouri", "email": "wombatine@kakapouri.example", "postcode": POSTCODE},
        "message": "Numbatella swims in our river.",
    }
    headers = {"Authorization": f"Bearer {API_KEY}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    path = f"/api/campaigns/{campaign.slug}/actions"
    taken = campaign.town.web.request("POST", path, json.dumps(body).encode(), headers)
    assert taken.status == 202
    campaign.comes_to(delivered=2)
    sign = path_in_letter(campaign, "zephyrine")
    assert press(campaign, sign, "sign") == 303
    assert campaign.ask("Wombatine", "wombatine@numbatella.example", bearer="").status == 202
    asked = path_in(mail_to(campaign, "wombatine@numbatella.example"))
    assert confirm(campaign, asked, "confirm", "bram", message="Kakapouri swims there.").status == 303
    campaign.comes_to(delivered=3)
    return [sign.rpartition("/")[2].casefold(), asked.rpartition("/")[2].casefold(), API_KEY]


def _told(campaign: Campaign) -> dict[str, str]:
    """All that is written down or answered beside ledger and mails."""
    town = campaign.town
    told = {f"{path.parent.name}/{path.name}": path.read_text(errors="replace") for path in town.folder.glob("*/std*")}
    told |= {str(path): path.read_text(errors="replace") for path in town.folder.rglob("journal/*")}
    told["events"] = "\n".join(f"{entry.kind} {entry.body}" for entry in town.store.events.newest(100_000))
    told["dead letters"] = json.dumps(town.mobilise("dead-letters", "list"))
    told["stories"] = json.dumps([_story(campaign, *about) for about in _abouts(campaign)])
    told["metrics"] = site(campaign).get("/metrics").body.decode()
    told |= _console(campaign)
    told["no such postcode"] = _refusal(
        campaign, supporter={"name": "Wombatine", "email": "x", "postcode": "zephyrine"}
    )
    told["no such kind"] = _refusal(campaign, supporter={"name": ["zephyrine"]}, message={"kakapouri": "wombatine"})
    told["no such token"] = re.sub(r"<form.*?</form>", "", site(campaign).get("/sign/zephyrine").body.decode())
    told["no such place"] = site(campaign).get(f"/{quote('zephyrine')}").body.decode()
    return told


def _console(campaign: Campaign) -> dict[str, str]:
    """Every page of the console, as long as nobody presses "Show who this is"."""
    operator = Operator(site(campaign))
    assert operator.login().status == 303
    pages = ["", "/look.json", "/log", "/dead-letters", "/pause"]
    pages += [f"/explain/{about}?campaign={campaign.slug}" for about, *_ in _abouts(campaign)]
    answers = {page: operator.get(f"/console{page}") for page in pages}
    assert {answer.status for answer in answers.values()} == {200}
    return {f"console{page}": answer.body.decode() for page, answer in answers.items()}


def _abouts(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    """A letter, its action and its supporter, and a candidate."""
    letter = next(campaign.town.store.letters.newest_first(campaign.slug))
    action = campaign.town.store.actions.get(letter.action)
    yield from ((letter.id,), (action.id,), (action.person,), ("bram", "--campaign", campaign.slug))


def _story(campaign: Campaign, *about: str) -> dict[str, Any]:
    """What an operator is told of it; every story here has a beginning and is about letters that arrived."""
    story: dict[str, Any] = campaign.town.mobilise("explain", *about)
    assert story["moments"]
    assert story["counts"] or story["letters"][0]["state"] == "delivered"
    return story


def _refusal(campaign: Campaign, **body: object) -> str:
    path, headers = f"/api/campaigns/{campaign.slug}/actions", {"Authorization": f"Bearer {API_KEY}"}
    answer = campaign.town.web.request("POST", path, json.dumps(body).encode(), headers)
    assert answer.status in {400, 422}
    return json.dumps(answer.body)
