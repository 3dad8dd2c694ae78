"""Values put into a TOML text: they read back, the rest and every comment is where it was, or said to be gone."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.service import first_configuration
from agent.setup.compose import composed
from agent.setup.edit import EditRefused, toml, with_section, with_value

ODD = """# head
store.name = "Dotted"   # by a dotted key

[api] # the door
port = 8_750

[[till]]   # the first
id = 'till-1' # "quoted" # twice
lines = [ # begins
  "a", # one
  "b # no comment",
]
text = \"\"\"
# no comment either
\"\"\"

[[till]]
id = "till-2"

[till.more]
deep = true # kept

[[cloud]]
secret = { env = "X" }   # by its name
"""
TEXTS = [
    ODD,
    first_configuration(),
    (Path(__file__).parents[2] / "packaging/stillopen.toml").read_text("utf-8"),
    (Path(__file__).parents[2] / "packaging/provision.toml").read_text("utf-8"),
]
STRING_OR_COMMENT = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"|\'[^\'\n]*\'|(#[^\n]*)')

plain = (
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12) | st.booleans() | st.integers(-9, 9)
)
values = plain | st.lists(st.text(max_size=6), max_size=3) | st.dictionaries(st.text(max_size=5), plain, max_size=2)


def tables(raw: dict[str, Any]) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    for name, value in raw.items():
        if isinstance(value, dict):
            found.append((name,))
        elif isinstance(value, list):
            found += [(name, at) for at, one in enumerate(value) if isinstance(one, dict)]
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_value_reads_back_and_nothing_else_has_changed(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    raw = tomllib.loads(text)
    table = data.draw(st.sampled_from(tables(raw)))
    inner: Any = copy.deepcopy(raw)
    for step in table:
        inner = inner[step]
    key = data.draw(st.sampled_from([*inner, "fresh", "two words"]))
    value = data.draw(values | st.none())
    try:
        edited = with_value(text, (*table, key), value)
    except EditRefused:
        return
    wanted: Any = copy.deepcopy(raw)
    inner = wanted
    for step in table:
        inner = inner[step]
    if value is None:
        inner.pop(key, None)
    else:
        inner[key] = value
    assert tomllib.loads(edited.text) == wanted
    told = "\n".join(edited.gone)
    for comment in STRING_OR_COMMENT.findall(text):
        assert comment in edited.text or comment in told


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.sampled_from(["till", "printer", "cloud", "store", "new"]),
    st.dictionaries(st.text(min_size=1, max_size=5), values, max_size=3),
)
def test_a_section_is_added_behind_those_of_its_kind(text: str, name: str, section: dict[str, Any]) -> None:
    raw = tomllib.loads(text)
    try:
        added = with_section(text, name, section, array=True).text
    except EditRefused:
        assert isinstance(raw.get(name), dict)
        return
    assert tomllib.loads(added)[name] == [*raw.get(name, []), section]
    assert all(line in added.split("\n") for line in text.split("\n"))


def test_what_is_behind_a_value_stays_and_what_was_within_it_is_named() -> None:
    edited = with_value(ODD, ("till", 0, "id"), "front")
    assert 'id = "front"  # "quoted" # twice' in edited.text  # in its column
    assert edited.gone == ()
    edited = with_value(ODD, ("till", 0, "lines"), ["x"])
    assert 'lines = ["x"]\n' in edited.text
    assert edited.gone == ("line 9: # begins", "line 9: # one")


def test_a_key_goes_with_its_comment_which_is_named() -> None:
    edited = with_value(ODD, ("till", 0, "id"), None)
    assert edited.gone == ('line 8: # "quoted" # twice',)
    assert "quoted" not in edited.text


@pytest.mark.parametrize("text", ['store = { name = "x" }\n', "store = { }\n"])
def test_what_is_written_another_way_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(EditRefused) as refused:
        with_value(text, ("store", "id"), "s")
    assert 'id = "s"' in refused.value.hint


@settings(max_examples=100, deadline=None)
@given(values)
def test_a_value_is_written_on_one_line_that_means_it(value: Any) -> None:
    line = toml(value)
    assert "\n" not in line
    assert tomllib.loads(f"x = {line}")["x"] == value


def test_answers_twice_are_answers_once() -> None:
    answers = {
        "store": {"name": "Kiosk", "receipt_header": ("A", "B")},
        "till": [{"id": "front", "printer": "receipt"}],
        "printer": [{"name": "receipt", "port": "tcp://h:9100"}],
        "tax": [{"code": "standard", "rate": "7"}],
    }
    once = composed(first_configuration(), answers, anew=True).text
    assert composed(once, answers).text == once
    raw = tomllib.loads(once)
    assert [till["id"] for till in raw["till"]] == ["front"]  # the example's till, renamed
    assert composed(once, {"till": [{"id": "back"}]}).text.count("[[till]]") == 2


def test_one_table_where_there_may_be_several_is_said() -> None:
    with pytest.raises(EditRefused, match="several"):
        composed('[printer]\nname = "p"\n', {"printer": [{"name": "q"}]})
