"""What holds of the pages' sources, read as text: words complete, contrast enough, nothing inline."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "agent" / "pages"
SCRIPTS = sorted(path for path in PAGES.rglob("*.js") if path.parent.name != "words")
WORDS = {path.stem: path.read_text(encoding="utf-8") for path in (PAGES / "words").glob("*.js")}
KEY = re.compile(r'^  "([a-z0-9_.]+)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
AA = 4.5  # WCAG 2.2, success criterion 1.4.3


def catalogue(language: str) -> dict[str, str]:
    return dict(KEY.findall(WORDS[language]))


@pytest.mark.parametrize("language", [language for language in WORDS if language != "en"])
def test_a_language_has_every_word_with_the_same_blanks(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert set(other) == set(english)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", other[key])) == set(re.findall(r"\{\w+\}", text)), key
        assert other[key].count("|") == text.count("|"), key


def test_every_word_the_pages_say_is_there_and_no_word_is_left_over() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    known = {re.sub(r"\.(one|other)$", "", key) for key in catalogue("en")}
    # Anything quoted that looks like a key: some reach t() by way of a table, a condition or a parameter.
    said = set(re.findall(r'(?<!el\()(?<!svg\()"([a-z_]+(?:\.[a-z0-9_]+)+)"', code)) - {"stillopen.outgoing"}
    built = {
        pattern.split("${")[0] for pattern in re.findall(r"`([a-z_.]+\$\{[^}]+\}[a-z_.]*)`", code) if "." in pattern
    }
    missing = {key for key in said if not key.endswith(".js")} - known
    assert missing == set()
    left_over = {key for key in known - said if not key.startswith(tuple(built))}
    assert left_over == set()


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for path in PAGES.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|https?://", page), path.name
    for path in (*SCRIPTS, *PAGES.glob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|setAttribute\(\"style", text), path.name
        assert set(re.findall(r"https?://[^\s\"'`)]+", text)) <= {"http://www.w3.org/2000/svg", "http://localhost"}, (
            path.name
        )


def test_a_key_has_one_meaning() -> None:
    keys = re.findall(
        r'^  \["([^"]+)", "\w+", "[a-z_.]+"\],$', (PAGES / "till" / "keys.js").read_text("utf-8"), re.MULTILINE
    )
    assert len(keys) > 10
    assert sorted(keys) == sorted(set(keys))


def test_a_script_is_a_small_room() -> None:
    assert [path.name for path in SCRIPTS if len(path.read_text(encoding="utf-8").splitlines()) > 300] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    colours = _colours(scheme)
    pairs = [
        *product(["ink", "soft"], ["ground", "paper", "raised", "chosen", "bad-ground", "busy-ground", "good-ground"]),
        *product(["ink", "soft"], [f"key-{letter}" for letter in "abcdefgh"]),
        ("on-accent", "accent"),
        ("on-accent", "accent-deep"),
        ("good", "paper"),
        ("good", "good-ground"),
        ("bad", "paper"),
        ("bad", "bad-ground"),
        ("busy", "paper"),
        ("busy", "busy-ground"),
        ("accent-deep", "ground"),
    ]
    poor = {
        f"{text} on {ground}": round(c, 2)
        for text, ground in pairs
        if (c := _contrast(colours[text], colours[ground])) < AA
    }
    assert poor == {}


def _colours(scheme: str) -> dict[str, str]:
    light, dark = (PAGES / "theme.css").read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
