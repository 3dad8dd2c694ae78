"""Keys are found on the lines they stand on, and no text makes the search fail."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import ConfigInvalid, load
from agent.config.lines import key_lines, line_of

TRICKY = '''# a comment with [brackets] and "quotes"
a.b = 1
"quoted key" = """
[not.a.table]
c = "no" \\""" still inside
"""
'single' = \'\'\'
[[nor.this]]
\'\'\'
list = [
  "]", # ]
  { x = 1 },
]
[table . "sub.table"]
key = { inline = { deep = 1 } }
[[array]]
one = 1
[[array]]
two = 2
[array.inner]
three = 3
[[array.list]]
four = 4
[[array.list]]
five = 5
'''


def test_where_keys_stand() -> None:
    lines = key_lines(TRICKY)
    assert tomllib.loads(TRICKY)["array"][1]["inner"] == {"three": 3}
    assert {key: lines[key] for key in lines if key[-1] != 0} == {
        ("a",): 2,
        ("a", "b"): 2,
        ("quoted key",): 3,
        ("single",): 7,
        ("list",): 10,
        ("table", "sub.table"): 14,
        ("table", "sub.table", "key"): 15,
        ("array",): 16,
        ("array", 0, "one"): 17,
        ("array", 1): 18,
        ("array", 1, "two"): 19,
        ("array", 1, "inner"): 20,
        ("array", 1, "inner", "three"): 21,
        ("array", 1, "list"): 22,
        ("array", 1, "list", 0, "four"): 23,
        ("array", 1, "list", 1): 24,
        ("array", 1, "list", 1, "five"): 25,
    }


def test_what_has_no_line_has_its_parents() -> None:
    lines = key_lines("[a]\nb = { c = 1 }\n")
    assert line_of(("a", "b", "c"), lines) == 2
    assert line_of(("a", "z"), lines) == 1
    assert line_of(("z",), lines) is None


KEY = st.one_of(
    st.text("abcdefghij", min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=["C"], exclude_characters='"\\'), max_size=4).map(
        lambda text: f'"{text}"'
    ),
)
VALUE = st.recursive(
    st.sampled_from(["1", '"x"', "'y'", '"""\n\n"""', "'''\n[x]\n'''", "1979-05-27", "true", '"\\""', '""""a"""""']),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[\n{', '.join(items)} # ]\n]"),
        inner.map(lambda value: f"[{value}]"),
    ),
    max_leaves=4,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(KEY, VALUE), max_size=8, unique_by=lambda pair: tomllib.loads(f"{pair[0]}=1").popitem()[0]))
def test_every_key_of_any_file_is_found_on_its_line(pairs: list[tuple[str, str]]) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for key, value in pairs:
        expected[tomllib.loads(f"{key}=1").popitem()[0],] = text.count("\n") + 1
        text += f"{key} = {value} # comment\n"
    tomllib.loads(text)
    assert key_lines(text) == expected


SECTIONS = ["store", "api", "till", "scanner", "printer", "drawer", "tax", "cloud", "other"]
KEYS = ["id", "name", "port", "code", "rate", "kind", "url", "secret", "printer", "origins", "logo", "cash_rounding"]
VALUES = [
    '"x"',
    '"EUR"',
    '"sim://x"',
    "1",
    "-1.5",
    "nan",
    "true",
    "[]",
    '["a", 1]',
    "{}",
    '{ env = "X" }',
    "1979-05-27",
    '"webhook"',
    '"\\u0000"',
    '"0.05"',
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=120, deadline=None)
@given(
    sections=st.lists(
        st.tuples(
            st.sampled_from(["[{}]", "[[{}]]"]),
            st.sampled_from(SECTIONS),
            st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=6),
        ),
        max_size=8,
    )
)
def test_any_mixture_of_known_words_is_read_or_refused_with_reasons(
    folder: Path, sections: list[tuple[str, str, dict[str, str]]]
) -> None:
    lines = [
        f"{form.format(name)}\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        for form, name, keys in sections
    ]
    _read_or_refused(folder, "\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_reasons(folder: Path, content: bytes) -> None:
    _read_or_refused(folder, content)


def _read_or_refused(folder: Path, content: bytes) -> None:
    path = folder / "stillopen.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigInvalid) as caught:
        load(path, environ={})
    assert caught.value.problems
    assert all(one.found and one.fix for one in caught.value.problems)
