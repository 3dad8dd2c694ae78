"""The table of actions: no route forgotten, no role above its own, and `[permissions]` in force."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api.table import ROUTES
from agent.config import ConfigInvalid, load
from agent.problem import Problem
from agent.staff.actions import DEFAULTS, Action, Rule
from agent.staff.actor import Actor, Role
from agent.staff.by import By
from tests.api.shop import CONFIG

ANYBODY = {  # writing routes that ask for no role, and why
    "POST /v1/pairings": "a code of `stillopen pair` lets in",
    "POST /v1/pairing-codes": "the token of STATE/api-token alone",
    "DELETE /v1/pairings/{pairing}": "the token of STATE/api-token alone",
    "POST /v1/sign-in": "nobody is anybody yet; a PIN",
    "DELETE /v1/sign-in": "whoever is there may lock",
    "POST /v1/sign-in/seen": "changes nothing that is kept",
    "POST /v1/overrides": "the PIN of somebody who may",
    "POST /v1/staff/{person}/pin": "its handler asks: the local token may, too",
    "POST /v1/setup/draft": "changes nothing that is kept",
    "PUT /v1/setup": "its handler asks: the local token may, too",
    "POST /v1/setup/restart": "its handler asks: the local token may, too",
    "DELETE /v1/claims/{claim}": "gives back what its holder has",
}
RANKED = [Role.CASHIER, Role.SUPERVISOR, Role.MANAGER]

roles = st.sampled_from(Role)
actions = st.sampled_from(Action)


def test_every_writing_route_says_what_it_is_to_those_who_may_or_may_not() -> None:
    without = {f"{route.method} {route.path}" for route in ROUTES if route.writes and route.action is None}
    assert without - ANYBODY.keys() == set(), "give the route an `action`, or say here why anybody may"
    assert ANYBODY.keys() - without == set(), "this one has an action by now"


def test_every_action_has_its_rule_and_is_asked_for_somewhere() -> None:
    assert set(DEFAULTS) == set(Action)
    source = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "agent").rglob("*.py"))
    unasked = {
        action for action in Action if f"Action.{action.name}" not in source.replace(f"Action.{action.name}: Rule", "")
    }
    assert unasked == set()


@given(roles, actions, st.sampled_from(RANKED))
def test_who_is_more_may_do_what_who_is_less_may(role: Role, action: Action, least: Role) -> None:
    rule = Rule(least, DEFAULTS[action].words, tech=DEFAULTS[action].tech)
    if role is Role.TECH:
        assert rule.allows(role) is rule.tech
    else:
        assert rule.allows(role) is (RANKED.index(role) >= RANKED.index(least))
    assert not rule.allows(None)


@given(roles, actions)
def test_a_refusal_names_the_action_and_a_role_that_may(role: Role, action: Action) -> None:
    by = By(Actor("1", "Kim", role), page="page")
    if by.may(action):
        by.allow(action)
        return
    with pytest.raises(Problem) as refused:
        by.allow(action)
    document = refused.value.document()
    assert (document["code"], document["action"]) == ("not-allowed", action)
    assert DEFAULTS[action].allows(Role(document["role"]))


@given(actions)
def test_what_a_tech_is_given_managers_may_do_too(action: Action) -> None:
    rule = Rule(Role.TECH, DEFAULTS[action].words)
    assert [role for role in Role if rule.allows(role)] == [Role.MANAGER, Role.TECH]


def test_permissions_are_the_tables_where_the_file_says_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG, "utf-8")
    assert load(file).permissions.rules() == DEFAULTS
    file.write_text(CONFIG + '[permissions]\nrefund = "manager"\n', "utf-8")
    rules = load(file).permissions.rules()
    assert rules[Action.REFUND].least is Role.MANAGER
    assert {action for action, rule in rules.items() if rule != DEFAULTS[action]} == {Action.REFUND}


@pytest.mark.parametrize("line", ['refund = "boss"', "refund = 1", 'refunds = "manager"'])
def test_a_role_or_an_action_that_there_is_not_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(f"{CONFIG}[permissions]\n{line}\n", "utf-8")
    with pytest.raises(ConfigInvalid, match="permissions"):
        load(file)
