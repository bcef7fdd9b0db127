"""How often one may ask: refused with 429 and a time, exactly, in all processes together, and nothing half done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import redis

from tests.support.processes import Running
from tests.support.valkey import flush
from tests.web.asking import Answer, Site, action
from tests.web.confirming import FORM
from tests.web.conftest import seed, start
from tests.web.reader import enter
from workers.campaign.ids import Ids
from workers.campaign.reader_links import ReaderLinks
from workers.store import Store

_ACTIONS = "/api/campaigns/clean-rivers/actions"
_LOOKUP = "/api/campaigns/clean-rivers/candidates?postcode=SW1A1AA"
_SETTINGS = {
    "WEB__CLIENT_IP_HEADER": "X-Forwarded-For",
    "WEB__TRUSTED_PROXIES": "127.0.0.0/8",
    "LIMITS__IP_BURST": "6",
    "LIMITS__IP_PER_HOUR": "6",
    "LIMITS__ADDRESS_BURST": "4",
    "LIMITS__ADDRESS_PER_DAY": "4",
    "LIMITS__CAMPAIGN_BURST": "12",
    "LIMITS__CAMPAIGN_PER_MINUTE": "1",
    "LIMITS__LOOKUP_BURST": "3",
    "LIMITS__FORM_BURST": "2",
    "LIMITS__KEY_BURST": "20",
    "LIMITS__KEY_PER_MINUTE": "1",
}
_OURS = {f"MOBILISE_{name}": value for name, value in _SETTINGS.items()}


@pytest.fixture(scope="module")
def processes(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Running, Site]]]:
    """Two web processes in front of one ledger, with small limits."""
    both = [start(tmp_path_factory.mktemp(name), server, **_OURS) for name in ("one", "two")]
    yield both
    for process, _ in both:
        process.close()


@pytest.fixture
def sites(processes: list[tuple[Running, Site]], server: str, ids: Ids) -> list[Site]:
    """The same, with an empty ledger behind them."""
    flush(server)
    seed(Store.connect(server, ids))
    return [site for _, site in processes]


@pytest.fixture
def site(sites: list[Site]) -> Site:
    return sites[0]


def _ask(site: Site, number: int = 0, ip: str = "198.51.100.7", path: str = _ACTIONS, **own: str) -> Answer:
    """An action of a supporter without a key, as a proxy passes it on; ``number`` tells addresses apart."""
    body = action(**{"email": f"sam{number}@supporters.example", "name": f"Sam Sample {number}", **own})
    if path != _ACTIONS:
        return site.get(path, x_forwarded_for=ip)
    return site.act(body, authorization="", x_forwarded_for=ip)


def _refused(answer: Answer) -> bool:
    if answer.status != 429:
        return False
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == "/docs#too-many-requests"
    return True


def test_one_connection_may_ask_so_often_and_then_waits(site: Site, ledger: Store):
    """Nothing of a refused action is kept, and the others go on."""
    assert [_ask(site, number).status for number in range(6)] == [202] * 6
    refused = _ask(site, 6)
    assert _refused(refused)
    assert 500 <= int(refused.headers["retry-after"]) <= 600
    assert ledger.intents.count("clean-rivers") == 6
    assert _ask(site, 6, ip="198.51.100.8").status == 202


def test_an_ipv6_network_is_one_connection(site: Site):
    """Every customer has 2^64 addresses to choose from."""
    assert [_ask(site, number, ip=f"2001:db8::{number}").status for number in range(6)] == [202] * 6
    assert _refused(_ask(site, 6, ip="2001:db8::ffff:1"))
    assert _ask(site, 6, ip="2001:db8:0:1::1").status == 202


def test_what_the_client_wrote_into_the_header_is_not_believed(site: Site):
    """Only what stands rightmost, where the proxy wrote."""
    for number in range(6):
        _ask(site, number, ip=f"203.0.113.{number}, 198.51.100.7")
    assert _refused(_ask(site, 6, ip="203.0.113.99, 198.51.100.7"))


@pytest.mark.parametrize("again", ["Sam.Sample+news@Gmail.com", " SAMSAMPLE@googlemail.com "])
def test_one_mailbox_is_one_however_it_is_written(site: Site, again: str):
    """Who wants to fill somebody's mailbox knows about dots and plus signs."""
    for number in range(4):
        assert _ask(site, ip=f"198.51.100.{number}", email="samsample@gmail.com").status == 202
    assert _refused(_ask(site, ip="198.51.100.9", email=again))


def test_a_refusal_uses_nothing_up(site: Site):
    """A request that its address's limit refuses is not counted against its connection."""
    for _ in range(4):
        _ask(site, 1)
    for _ in range(9):
        assert _refused(_ask(site, 1))
    assert [_ask(site, number).status for number in (2, 3)] == [202, 202]


def test_the_limit_is_exact_over_two_processes_at_once(sites: list[Site], ledger: Store):
    """A hundred requests at the same moment, through both: the campaign's twelve pass, and no more."""
    asked = [(sites[number % 2], number) for number in range(100)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: _ask(one[0], one[1], ip=f"192.0.2.{one[1]}"), asked))
    assert Counter(answer.status for answer in answers) == {202: 12, 429: 88}
    assert ledger.intents.count("clean-rivers") == 12


def test_postcodes_cannot_be_looked_up_one_after_the_other(site: Site):
    """Unknown ones count as well; the form on the page is counted with them. A trusted caller may go on."""
    paths = [_LOOKUP, _LOOKUP.replace("SW1A1AA", "SW1A2AA"), "/campaigns/clean-rivers/letters?postcode=SW1A1AA"]
    assert [_ask(site, path=path).status for path in paths] == [200, 404, 200]
    assert _refused(_ask(site, path=_LOOKUP))
    page = site.get(paths[2], x_forwarded_for="198.51.100.7", accept="text/html")
    assert (page.status, int(page.headers["retry-after"]) > 0) == (429, True)
    assert b"try again in a minute" in page.body
    key = {"authorization": "Bearer another-key", "x-forwarded-for": "198.51.100.7"}
    assert site.ask("GET", _LOOKUP, headers=key).status == 200


def test_forms_of_personal_links_are_limited_too(site: Site):
    """It spares the ledger who tries tokens; to look is free."""
    headers = {**FORM, "x-forwarded-for": "198.51.100.7"}
    sent = [site.ask("POST", "/confirm/nothing", urlencode({"answer": "confirm"}), headers).status for _ in range(3)]
    assert sent == [404, 404, 429]
    assert site.ask("GET", "/confirm/nothing", headers=headers).status == 404


def test_a_trusted_caller_has_a_limit_of_its_own_if_one_is_set(site: Site, ledger: Store):
    """Per key and campaign, whatever connection it comes from; other callers and campaigns are not touched."""
    answers = [site.act(action(name=f"Sam {number}")) for number in range(21)]
    assert [answer.status for answer in answers] == [202] * 20 + [429]
    assert _refused(answers[-1])
    assert ledger.actions.count("clean-rivers") == 20
    assert site.act(authorization="Bearer another-key").status == 202
    assert site.act(campaign="old-lines").status == 202


def test_neither_ledger_nor_log_tells_a_connection(processes: list[tuple[Running, Site]], site: Site, server: str):
    """IP addresses are personal data: a keyed hash counts, and it goes by itself."""
    for number in range(7):
        _ask(site, number, ip="198.51.100.77")
    with redis.Redis.from_url(server) as client:
        limits = list(client.scan_iter("limit:*"))
        assert len(limits) == 8  # six mailboxes, the connection and the campaign
        assert all(client.ttl(key) > 0 for key in limits)
        assert not any(b"198" in key or b"@" in key for key in client.scan_iter("*"))
    log = processes[0][0].text
    assert '"limit":"network"' in log
    assert "198.51.100" not in log


def test_this_machines_own_requests_are_not_counted_by_connection(site: Site):
    """A proxy on this machine that says nothing of its clients must not shut the public out."""
    assert [site.get(_LOOKUP).status for _ in range(5)] == [200] * 5


def test_a_mail_service_leaves_for_many_people_from_one_connection(site: Site, ids: Ids, server: str):
    """No limit of forms stops a link that is right; it holds whoever tries links that are none."""
    ledger = Store.connect(server, ids)
    links, sent = ReaderLinks(ids, ""), {**FORM, "x-forwarded-for": "192.0.2.77"}
    people = [enter(ledger, f"Reader {number}", f"r{number}@supporters.example") for number in range(5)]
    paths = [links.unsubscribe_url("clean-rivers/bulletin.news.1", one.id) for one in people]
    pressed = [site.ask("POST", path, "List-Unsubscribe=One-Click", sent).status for path in paths]
    assert pressed == [200] * 5
    tried = [site.ask("POST", path[:-1], "List-Unsubscribe=One-Click", sent).status for path in paths]
    assert tried == [404, 404, 429, 429, 429]
    assert not any("bulletins" in ledger.preferences.of(one.id).agreed for one in people)
