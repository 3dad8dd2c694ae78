from __future__ import annotations

import re
from pathlib import Path

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def test_every_named_target_has_a_rule() -> None:
    text = MAKEFILE.read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony is not None
    rules = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    assert set(phony[1].split()) == rules
