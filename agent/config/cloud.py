"""The `[[cloud]]` sections: a name, a kind, and what that kind itself asks for."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from agent.config import secret
from agent.config.findings import findings
from agent.config.problems import Finding, did_you_mean, shown
from agent.config.sections import CloudConfig, CloudHead

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from outbox.clouds import CloudKind

BROKEN = "kind-broken"  # the file is right, and the package that brings the kind is not
STOPS_NO_SALE = frozenset({BROKEN, secret.MISSING})

_STAND_IN = SecretStr("a secret that is not there")  # lets the rest of a section be checked all the same


def read_clouds(
    raw: dict[str, Any], *, folder: Path, environ: Mapping[str, str], need_secrets: bool
) -> tuple[list[CloudConfig], list[Finding]]:
    """Return the clouds that are in order and what is wrong with the others. `raw` is the whole file."""
    sections = raw.get("cloud", [])
    if not isinstance(sections, list):
        return [], [Finding(("cloud",), shown(sections), "write [[cloud]], with double brackets")]
    clouds: list[CloudConfig] = []
    wrong: list[Finding] = []
    for index, section in enumerate(sections):
        loc = ("cloud", index)
        try:
            head = CloudHead.model_validate(section)
        except ValidationError as error:
            wrong += findings(error, CloudHead, within=loc)
            continue
        reader = _Section(head, loc, folder, environ)
        cloud = reader.read(section)
        wrong += [one for one in reader.wrong if need_secrets or one.code not in STOPS_NO_SALE]
        if cloud is not None:
            clouds.append(cloud)
    return clouds, wrong


class _Section:
    """Reads one section; `wrong` gathers what is wrong in it."""

    def __init__(self, head: CloudHead, loc: tuple[str, int], folder: Path, environ: Mapping[str, str]) -> None:
        self.head = head
        self.loc = loc
        self.folder = folder
        self.environ = environ
        self.wrong: list[Finding] = []

    def read(self, section: dict[str, Any]) -> CloudConfig | None:
        from outbox.clouds import packages

        try:
            kind = packages.find(self.head.kind)
        except packages.KindBroken as broken:
            fix = "update or remove that package (its makers know more); the records of this cloud wait meanwhile"
            self.wrong.append(Finding((*self.loc, "kind"), str(broken), fix, BROKEN))
            return self._cloud(None)
        if kind is None:
            known = packages.names()
            self.wrong.append(
                Finding(
                    (*self.loc, "kind"),
                    shown(self.head.kind),
                    f"{did_you_mean(self.head.kind, known)}known kinds: {', '.join(known)}",
                )
            )
            return None
        own = {key: value for key, value in section.items() if key not in CloudHead.model_fields}
        present = self._secrets(own, kind)
        model = kind.settings()
        try:
            settings = model.model_validate(own)
        except ValidationError as error:
            noted = {one.loc for one in self.wrong}  # a stand-in's faults are not the file's
            translated = findings(
                error, model, within=self.loc, more_keys=tuple(CloudHead.model_fields), hidden=kind.secrets
            )
            wrong = [one for one in translated if one.loc not in noted]
            self.wrong += wrong
            return None if wrong or present else self._cloud(None)
        return self._cloud(settings if present else None)

    def _cloud(self, settings: BaseModel | None) -> CloudConfig:
        head = self.head
        return CloudConfig(head.name, head.kind, settings, head.pull_every_s, time.fromisoformat(head.sweep_at))

    def _secrets(self, own: dict[str, Any], kind: CloudKind) -> bool:
        """Put the secrets themselves where they are named. Says whether all of them are there."""
        present = True
        for key in kind.secrets:
            if key not in own:
                continue
            value = secret.resolve(
                own[key],
                (*self.loc, key),
                folder=self.folder,
                environ=self.environ,
                example=f"{self.head.name}_{key}".upper().replace("-", "_").replace(".", "_"),
            )
            if isinstance(value, Finding):
                self.wrong.append(value)
                present = False
                value = _STAND_IN
            own[key] = value
        return present
