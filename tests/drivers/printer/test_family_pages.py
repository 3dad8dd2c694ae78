"""What the families' pages tell people to write is a configuration that loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.config import load

PAGES = Path(__file__).parents[3] / "drivers" / "printer" / "families"
STORE = '[store]\nid = "s"\nname = "S"\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\n[[till]]\nid = "t"\n'
EXAMPLES = [
    pytest.param(example, id=f"{page.stem}-{number}")
    for page in sorted(PAGES.glob("*.md"))
    for number, example in enumerate(
        re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads(example: str, tmp_path: Path) -> None:
    path = tmp_path / "stillopen.toml"
    path.write_text(STORE + example, encoding="utf-8")
    (printer,) = load(path, environ={}).printers
    assert printer.port in example


def test_every_page_has_an_example_and_says_what_was_and_was_not_seen() -> None:
    pages = [page for page in PAGES.glob("*.md") if page.name != "README.md"]
    assert len(pages) >= 8
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "```toml" in text, page
        assert "Seen: " in text, page
        assert "Not seen: " in text, page
        assert f"({page.name})" in (PAGES / "README.md").read_text(encoding="utf-8"), page
