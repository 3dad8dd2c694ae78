"""The list of everything that is shipped, as CycloneDX 1.6 JSON: the same wheels give the same bytes.

A project is a component with its package URL and its SPDX licence. In it are its wheels by name and hash, those of
requirements.lock, with every compiled file of theirs, and the libraries that were built into them.

    python packaging/sbom.py --version 1.2.3 WHEEL... > sbom.cdx.json

Source: CycloneDX specification 1.6, schema/bom-1.6.schema.json; package-url/purl-spec.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import shipped  # noqa: E402 - from this folder, wherever it is run from

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shipped import Inside, Wheel

NAME = "stillopen"
LICENCE = "Apache-2.0"
_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sbom.stillopen.invalid")


def document(
    version: str, wheels: Iterable[Wheel], made_at: int, *, others: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the document. `made_at`: seconds since 1970; `others`: components that are no wheels, as a Python is."""
    by_name = {
        name: list(group) for name, group in groupby(sorted(wheels, key=lambda one: one.name), lambda one: one.name)
    }
    refs = {name: f"pkg:pypi/{name}@{group[0].version}" for name, group in by_name.items()}
    needed = {name: sorted({need for wheel in group for need in wheel.needs}) for name, group in by_name.items()}
    root = f"{NAME}@{version}"
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(made_at, UTC).isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": NAME,
                "version": version,
                "licenses": licences_of(LICENCE),
            },
        },
        "components": [*(project(refs[name], group) for name, group in by_name.items()), *others],
        "dependencies": [
            {"ref": root, "dependsOn": sorted([*refs.values(), *(str(other["bom-ref"]) for other in others)])},
            *(
                {"ref": refs[name], "dependsOn": [refs[need] for need in needs if need in refs]}
                for name, needs in needed.items()
            ),
        ],
    }
    return {**whole, "serialNumber": uuid.uuid5(_SPACE, json.dumps(whole, sort_keys=True)).urn}


def project(ref: str, wheels: Sequence[Wheel]) -> dict[str, Any]:
    """Return a project with its wheels and what was built into them."""
    first = wheels[0]
    built_in = {(part.name, part.version): part for wheel in wheels for part in wheel.inside}
    return {
        "type": "library",
        "bom-ref": ref,
        "name": first.name,
        "version": first.version,
        **({"description": first.summary} if first.summary else {}),
        "licenses": licences_of(first.licence),
        "purl": ref,
        "components": [
            *(of_wheel(ref, wheel) for wheel in wheels),
            *(of_part(ref, built_in[key]) for key in sorted(built_in)),
        ],
    }


def of_wheel(ref: str, wheel: Wheel) -> dict[str, Any]:
    """Return a wheel as a file, and the compiled files in it."""
    compiled = [
        {"type": "file", "bom-ref": f"{ref}#{wheel.file}/{name}", "name": name, "hashes": sha256(digest)}
        for name, digest in wheel.binaries
    ]
    return {
        "type": "file",
        "bom-ref": f"{ref}#{wheel.file}",
        "name": wheel.file,
        "hashes": sha256(wheel.sha256),
        **({"components": compiled} if compiled else {}),
    }


def of_part(ref: str, part: Inside) -> dict[str, Any]:
    """Return a library that was built in."""
    return {
        "type": "library",
        "bom-ref": f"{ref}#{part.name}@{part.version}",
        "name": part.name,
        **({"version": part.version} if part.version else {}),
        "licenses": licences_of(part.licence),
        **({"purl": part.purl} if part.purl else {}),
    }


def sha256(digest: str) -> list[dict[str, str]]:
    """Return a hash as CycloneDX has it."""
    return [{"alg": "SHA-256", "content": digest}]


def licences_of(expression: str) -> list[dict[str, Any]]:
    """Return an SPDX expression as CycloneDX has it: a licence alone by its id."""
    if " " in expression or expression.startswith("LicenseRef-"):
        return [{"expression": expression}]
    return [{"license": {"id": expression}}]


def text(whole: dict[str, Any]) -> str:
    """Return the document as it is shipped."""
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the document of these wheels to stdout; exits 1 where one is not locked, or nobody said its licence."""
    parser = argparse.ArgumentParser(description="What is shipped, as CycloneDX JSON.")
    parser.add_argument("wheels", nargs="+", type=Path, metavar="WHEEL")
    parser.add_argument("--version", required=True, help="of this program")
    parser.add_argument("--lock", type=Path, default=HERE.parent / "requirements.lock")
    args = parser.parse_args()
    try:
        wheels = shipped.read(args.wheels, args.lock.read_text(encoding="utf-8"))
    except shipped.Unshippable as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    sys.stdout.write(text(document(args.version, wheels, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
