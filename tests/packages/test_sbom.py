"""The list of what is shipped: valid CycloneDX, the same twice, and no wheel on it that nobody may ship."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]
METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: 1.2\nSummary: A part\n{more}\n\nText\n"


def wheel(folder: Path, name: str, more: str = "License-Expression: MIT", **files: str) -> Path:
    """Make a wheel; `files` by path, with `__` for a slash."""
    made = folder / f"{name}-1.2-py3-none-any.whl"
    inside = {"licenses__LICENSE": "Do what you like.", **files}
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}-1.2.dist-info/METADATA", METADATA.format(name=name, more=more))
        for path, text in inside.items():
            if text:
                archive.writestr(f"{name}-1.2.dist-info/{path.replace('__', '/')}", text)
    return made


def inner(*parts: dict[str, Any]) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": parts})


def listed(folder: Path, *wheels: Path, code: int = 0) -> str:
    """Return what is said of these wheels, all of them locked."""
    hashes = "".join(f" --hash=sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}" for one in wheels)
    lock = folder / "requirements.lock"
    if not lock.exists():
        lock.write_text(f"part==1.2{hashes}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "packaging/sbom.py", "--version", "9", "--lock", lock, *wheels],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_a_wheel_is_listed_with_what_is_in_it(tmp_path: Path) -> None:
    native = {"type": "library", "name": "libthing", "version": "3", "licenses": [{"license": {"id": "Zlib"}}]}
    built_with = {"type": "library", "name": "cc", "version": "1", "scope": "excluded"}
    itself = {"type": "library", "name": "part", "version": "1.2", "purl": "pkg:pypi/part@1.2?file_name=x"}
    part = wheel(tmp_path, "part", sboms__a=inner(native, built_with, itself))
    with zipfile.ZipFile(part, "a") as archive:
        archive.writestr("part.libs/libthing-1a2b.so.3.0", b"\x7fELF")
    other = wheel(
        tmp_path, "other", 'License: MIT\nRequires-Dist: part>=1; python_version < "3.14"\nRequires-Dist: six'
    )
    text = listed(tmp_path, part, other)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    assert [one["purl"] for one in found["components"]] == ["pkg:pypi/other@1.2", "pkg:pypi/part@1.2"]
    file, library = found["components"][1]["components"]
    assert file["hashes"][0]["content"] == hashlib.sha256(part.read_bytes()).hexdigest()
    assert [one["name"] for one in file["components"]] == ["part.libs/libthing-1a2b.so.3.0"]
    assert (library["name"], library["licenses"]) == ("libthing", [{"license": {"id": "Zlib"}}])
    graph = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    assert graph["pkg:pypi/other@1.2"] == ["pkg:pypi/part@1.2"]
    assert graph["stillopen@9"] == ["pkg:pypi/other@1.2", "pkg:pypi/part@1.2"]


def test_the_same_wheels_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = wheel(tmp_path, "one"), wheel(tmp_path, "two")
    assert listed(tmp_path, one, two) == listed(tmp_path, two, one, one)


@pytest.mark.parametrize(
    ("more", "files", "said"),
    [
        ("License: Same as Perl", {}, "part says of its licence Same as Perl"),
        ("License: BSD\nClassifier: License :: OSI Approved :: BSD License", {}, "part says of its licence BSD"),
        ("License-Expression: MIT", {"licenses__LICENSE": ""}, "part-1.2-py3-none-any.whl brings no licence text"),
        ("License-Expression: MIT", {"sboms__a": inner({"name": "libthing"})}, "part has libthing built in"),
    ],
)
def test_what_nobody_said_the_licence_of_is_named_and_not_shipped(
    tmp_path: Path, more: str, files: dict[str, str], said: str
) -> None:
    told = listed(tmp_path, wheel(tmp_path, "part", more, **files), code=1)
    assert said in told
    assert "packaging/licences.py" in told


def test_a_wheel_that_is_not_locked_is_not_shipped(tmp_path: Path) -> None:
    listed(tmp_path, wheel(tmp_path, "part"))
    assert "is not the file that is locked" in listed(tmp_path, wheel(tmp_path, "another"), code=1)
