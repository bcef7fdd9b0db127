"""The dashboard and the alert rules under config/monitoring: each number in them is one that is really told."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from tests.support.people import person, take
from tests.support.processes import ROOT
from tests.web.asking import Site
from tests.web.conftest import candidate
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Sender
from workers.campaign.outcomes import Answer, Outcome
from workers.cli import mobilise
from workers.meters import Meter
from workers.store import Store

FOLDER = ROOT / "config" / "monitoring"
SLUG = "clean-rivers"
#: Labels of which other values may turn up: slugs, reasons, and what is empty while all is well.
_OPEN = {"campaign", "book", "limit", "reason", "scope", "le"}
_METRIC = re.compile(r"\b(mobilise_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
_GROUPED = re.compile(r"\b(?:by|on) \(([^)]*)\)")

Labels = dict[str, dict[str, set[str]]]


def rules() -> list[dict]:
    (group,) = YAML(typ="safe").load(FOLDER / "alerts.yml")["groups"]
    found: list[dict] = group["rules"]
    return found


def dashboard() -> dict:
    found: dict = json.loads((FOLDER / "dashboard.json").read_text())
    return found


def panels() -> Iterator[dict]:
    yield from (panel for panel in dashboard()["panels"] if panel["type"] != "row")


@pytest.fixture
def told(site: Site, ledger: Store) -> Labels:
    """Metric → label → values, of a campaign in which something of everything has happened."""
    ledger.candidates.apply(SLUG, [candidate(3, email="")])
    ledger.letters.write(SLUG, [take(ledger, person(ledger.ids, 1), ("1", "3")).id], 60_000)
    meter = Meter(ledger.meters)
    for outcome in Outcome:
        meter.provider_called(Answer(outcome, duration_ms=1.0))
    meter.count("limits_refused", "address")
    meter.count("readers_left", "one click")
    meter.flush()
    ledger.meters.note("tally_drift", SLUG, 0)
    ledger.meters.ticked()
    ledger.pauses.pause("all", "a look")
    content, sender = Content("News", "Hello", "", "t"), Sender("Rivers", "post@rivers.example")
    mailing = Mailing(SLUG, Kind.BULLETIN, "news", "1", Stage.APPROVED, "", content, sender)
    ledger.mailings.approve(mailing, 1)
    ledger.mailings.move(mailing.book, Stage.GATHERING, Stage.APPROVED)
    ledger.mailings.move(mailing.book, Stage.SENDING, Stage.GATHERING)
    found: Labels = defaultdict(lambda: defaultdict(set))
    for family in text_string_to_metric_families(site.ask("GET", "/metrics").body.decode()):
        for sample in family.samples:
            for label, text in sample.labels.items():
                found[sample.name][label].add(text)
            found[sample.name].update()
    return dict(found)


def wrong(expression: str, told: Labels) -> Iterator[str]:
    """What an expression asks for and nobody tells."""
    labels = {"campaign", "queue", "book"} if "label_replace" in expression else set[str]()
    for name, matchers in _METRIC.findall(expression):
        if name not in told:
            yield f"no metric {name}"
            continue
        labels |= told[name].keys()
        for label, sign, text in _MATCHER.findall(matchers):
            known = told[name].get(label)
            if known is None:
                yield f"{name} has no label {label}"
            elif label not in _OPEN and not set(text.split("|") if sign == "=~" else [text]) <= known:
                yield f"{name}: {label} is never {text}"
    for group in _GROUPED.findall(expression):
        yield from (f"grouped by {word}" for word in re.findall(r"\w+", group) if word not in labels)


def test_every_number_of_dashboard_and_alerts_is_told(told: Labels):
    """A panel that stays empty, and an alert that never fires, look like good news."""
    asked = {f"alert {rule['alert']}": rule["expr"] for rule in rules()}
    for panel in panels():
        asked |= {f"panel {panel['title']} {target['refId']}": target["expr"] for target in panel["targets"]}
    assert {where: said for where, text in asked.items() if (said := list(wrong(text, told)))} == {}
    used = {name for text in asked.values() for name, _ in _METRIC.findall(text)}
    shown = {name for name in told if not name.endswith(("_created", "_sum", "_count"))}
    assert shown - used == set(), "told, and nowhere watched"


@pytest.mark.parametrize(
    "expression",
    [
        "mobilise_letter",
        'mobilise_letters{state="gone"}',
        'mobilise_letters{camp="x"}',
        'mobilise_queue_messages{where=~"dead|buried"}',
        "sum by (outcome) (mobilise_letters)",
    ],
)
def test_an_expression_that_finds_nothing_is_noticed(told: Labels, expression: str):
    """Or the test above would prove little."""
    assert list(wrong(expression, told))


def test_what_a_legend_or_an_alert_names_is_a_label_of_its_numbers(told: Labels):
    """Else it reads "letters of  are late"."""
    texts = [(rule["expr"], " ".join(rule["annotations"].values()), r"\$labels\.(\w+)") for rule in rules()]
    texts += [(t["expr"], t["legendFormat"], r"\{\{(\w+)\}\}") for panel in panels() for t in panel["targets"]]
    for expression, text, pattern in texts:
        named = {label for name, _ in _METRIC.findall(expression) for label in told[name]}
        grouped = {word for group in re.findall(r"by \(([^)]*)\)", expression) for word in group.split(", ")} - {"le"}
        assert set(re.findall(pattern, text)) <= (grouped or named), (expression, text)


def test_every_alert_says_what_it_means_and_a_command_that_exists():
    """Somebody reads it at two in the morning."""
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "description", "command"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        program, *words = rule["annotations"]["command"].split()
        command: click.Command = mobilise
        while isinstance(command, click.Group) and words:
            found = command.get_command(click.Context(command), words.pop(0))
            assert found, rule["annotations"]["command"]
            command = found
        assert (program, isinstance(command, click.Group)) == ("mobilise", False)
        options = {name for parameter in command.params for name in parameter.opts}
        required = [parameter.opts for parameter in command.params if parameter.required and len(parameter.opts) > 1]
        assert all(set(names) & set(words) for names in required), rule["annotations"]["command"]
        assert {word for word in words if word.startswith("--")} <= options


def test_the_dashboard_is_one_that_grafana_lays_out():
    """No two panels at one place, each with a number, words and the data source that is chosen above."""
    assert dashboard()["schemaVersion"] >= 41
    everything = dashboard()["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    for panel in panels():
        assert panel["description"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    for one, other in combinations([panel["gridPos"] for panel in everything], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
