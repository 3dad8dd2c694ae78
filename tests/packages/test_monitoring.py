"""Dashboard, alert rules and the list of metrics: each names what the agent gives, and nothing that it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types, and one file is read with it

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging" / "monitoring"
_METRIC = re.compile(r"\bstillopen_[a-z_]+")
GIVEN = set(re.findall(r'"(stillopen_[a-z_]+)"', (ROOT / "agent/api/metrics.py").read_text(encoding="utf-8")))
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))


def listed() -> dict[str, list[str]]:
    """Return the README's table: the cells by metric."""
    rows = (line.strip("| ").split(" | ") for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines())
    return {row[0].strip("`"): row[1:] for row in rows if row[0].startswith("`stillopen_")}


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_the_list_is_what_the_agent_gives() -> None:
    assert set(listed()) == GIVEN


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    used = {metric for expression in expressions() for metric in _METRIC.findall(expression)}
    assert used == GIVEN


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_of_a_metric_there_is_and_says_what_to_do(rule: dict[str, Any]) -> None:
    metrics = set(_METRIC.findall(rule["expr"]))
    assert metrics <= GIVEN
    assert metrics or "up{job=" in rule["expr"]
    for metric in metrics:
        labels = listed()[metric][1]
        asked = re.findall(rf"{metric}\{{(\w+)=?", rule["expr"])
        assert all(f"`{label}`" in labels for label in asked), rule["expr"]
    assert rule["annotations"]["next"]
    shown = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"] + rule["annotations"]["next"])
    known = {label for metric in metrics for label in re.findall(r"`(\w+)`", listed()[metric][1])} | {"instance"}
    assert set(shown) <= known


def test_brackets_are_in_pairs_in_every_expression() -> None:
    for expression in (*expressions(), *(rule["expr"] for rule in RULES)):
        for one, other in ("()", "{}", "[]"):
            assert expression.count(one) == expression.count(other), expression
