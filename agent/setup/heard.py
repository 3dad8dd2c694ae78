"""What was answered so far, and the configuration that it would make; each answer judged as `stillopen check` would."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.config.load import judged
from agent.setup.compose import NAMED_BY, composed
from agent.setup.edit import EditRefused
from agent.setup.plugs import DEVICES

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config.problems import Loc

TAX = "standard"  # the code of a store's first tax, which items that name none have


@dataclass(slots=True)
class Heard:
    """The answers. `before` is the configuration that is there, `anew` says that it is only the example.

    `devices` are by what they were found as, so that another answer about one takes the place of the first.
    """

    before: str
    anew: bool
    folder: Path
    store: dict[str, Any] = field(default_factory=dict)
    tills: list[str] = field(default_factory=list)
    tax: dict[str, Any] = field(default_factory=dict)
    devices: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    @property
    def raw(self) -> dict[str, Any]:
        """The configuration that is there, parsed."""
        return tomllib.loads(self.before)

    def now(self, key: str) -> Any:
        """Return a value of `[store]` as it was answered, or as it stands there; None from the example."""
        if key in self.store:
            return self.store[key]
        return None if self.anew else self.raw.get("store", {}).get(key)

    def till_ids(self) -> list[str]:
        """Return the tills as answered, or as they stand there."""
        return self.tills or [till["id"] for till in self.raw.get("till", [])]

    def answers(self) -> dict[str, Any]:
        """Return everything in the shape of the configuration, each device at the first till that has none yet."""
        tills = {till: dict[str, Any]() for till in self.till_ids()}
        taken = {till["id"]: till for till in self.raw.get("till", []) if isinstance(till, dict)}
        sections: dict[str, list[dict[str, Any]]] = {}
        for kind, section in self.devices.values():
            sections.setdefault(kind, []).append(section)
            for till, roles in tills.items():
                if kind not in roles and (self.anew or kind not in taken.get(till, {})):
                    roles[kind] = section["name"]
                    break
        made: dict[str, Any] = {"store": self.store} if self.store else {}
        if self.tills or any(tills.values()):
            made["till"] = [{"id": till, **roles} for till, roles in tills.items()]
        if self.tax:
            made["tax"] = [self.tax]
        return made | {kind: sections[kind] for kind in DEVICES if kind in sections}

    def unused(self) -> list[str]:
        """Return the devices that were taken and that no till has: each had one of its kind already."""
        used = [name for till in self.answers().get("till", []) for name in till.values()]
        return [section["name"] for _, section in self.devices.values() if section["name"] not in used]

    def wrong_at(self, *loc: str) -> str | None:
        """Return what is wrong at a place (and below) with the answers there are; None: nothing."""
        return wrong_at(self.before, self.answers(), self.folder, loc, anew=self.anew)


def wrong_at(before: str, answers: dict[str, Any], folder: Path, loc: Loc, *, anew: bool) -> str | None:
    """Return what `stillopen check` would say of a place in the configuration with these answers. Pure."""
    try:
        raw = tomllib.loads(composed(before, answers, anew=anew).text)
    except EditRefused as error:
        return f"{error}: {error.hint}"
    _, wrong = judged(raw, folder)
    found = next((one for one in wrong if one.loc[: len(loc)] == loc), None)
    return None if found is None else f"found {found.found}; {found.fix}"


def id_of(name: str) -> str:
    """Return an id for a store of that name: what clouds and records call it."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    plain = re.sub(r"[^a-z0-9]+", "-", bare)
    return plain.strip("-")[:40].rstrip("-") or "store-1"


def tax_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the tax that items have which name none: the store's default, or the first with a rate."""
    taxes = [tax for tax in raw.get("tax", []) if isinstance(tax, dict) and "rate" in tax]
    default = raw.get("store", {}).get("default_tax")
    return next((tax for tax in taxes if tax.get(NAMED_BY["tax"]) == default), taxes[0] if taxes else {})
