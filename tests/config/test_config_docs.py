"""CONFIGURATION.md documents every key with its default, and nothing that is not there."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from agent.config import load
from agent.config.sections import CloudHead, File
from outbox.clouds import KINDS

DOC = (Path(__file__).parents[2] / "agent" / "CONFIGURATION.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in File.model_fields.items():
        one = name in {"store", "api", "line", "network", "backup", "shift", "staff", "permissions", "update"}
        yield f"## `[{name}]`" if one else f"## `[[{name}]]`", (*get_args(field.annotation), field.annotation)[0]
    yield "## `[[cloud]]`", CloudHead
    for name, kind in KINDS.items():
        yield f'### kind `"{name}"`', kind.settings()


@pytest.mark.parametrize(
    ("heading", "model"), list(_sections()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_key_stands_in_its_table(heading: str, model: type[BaseModel]) -> None:
    assert heading in DOC
    body = re.split(r"^#+ ", DOC.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    documented = {key: default.strip() for key, _, default in ROW.findall(body)}
    assert set(documented) == set(model.model_fields)
    for key, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if default is PydanticUndefined:
            assert documented[key] == "required", key
        elif isinstance(default, bool):
            assert documented[key] == f"`{str(default).lower()}`", key
        elif isinstance(default, str) and default:
            assert documented[key] == f'`"{default}"`', key
        elif isinstance(default, int | Decimal):
            assert documented[key] == f"`{default}`", key
        elif default is None:
            assert documented[key] == "none" or documented[key].startswith("by "), key


def test_the_examples_work(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOC, re.DOTALL)
    assert len(examples) == 2
    (tmp_path / "webhook-secret.txt").write_text("whsec_" + "A" * 40)
    for example in examples:
        path = tmp_path / "stillopen.toml"
        path.write_text(example, encoding="utf-8")
        assert load(path, environ={}).store.name == "Corner Shop"
