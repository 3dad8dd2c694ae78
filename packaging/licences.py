"""Under which licence each thing is shipped: what its own metadata leave open is decided here, once, with the reason.

`packaging/shipped.py` reads what a wheel says. Where it says nothing that a program can take, or its text is not in it,
the build stops until there is a line here. Texts that no wheel brings are in `packaging/licence-texts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shipped import Wheel

TEXTS = Path(__file__).resolve().parent / "licence-texts"
RULE = "-" * 78


@dataclass(frozen=True, slots=True)
class Decided:
    """A licence as an SPDX expression, why it is that one, and the texts that its wheel does not bring."""

    licence: str
    reason: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Native:
    """The licence of a library that is built into wheels, its texts where no wheel brings them, and its package URL."""

    licence: str
    texts: tuple[str, ...] = ()
    purl: str = ""


LGPL_2_1 = Native("LGPL-2.1-or-later", ("LGPL-2.1.txt",))
ELFUTILS = Native("GPL-2.0-or-later OR LGPL-3.0-or-later", ("LGPL-3.txt", "GPL-3.txt"))  # taken as the LGPL

# What `License:` may say that is an SPDX expression already; most projects of that age wrote anything there.
IDS = frozenset({"MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "MIT OR Apache-2.0"})

# Trove classifiers that name one licence and no family of them.
CLASSIFIERS = MappingProxyType(
    {
        "License :: OSI Approved :: MIT License": "MIT",
        "License :: OSI Approved :: Apache Software License": "Apache-2.0",
        "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
        "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    }
)

PROJECTS: Mapping[str, Decided] = MappingProxyType(
    {
        "colorama": Decided("BSD-3-Clause", "it says BSD; its LICENSE has three clauses"),
        "hidapi": Decided("BSD-3-Clause", "its LICENSE.txt leaves the choice between BSD, GPLv3 and its own"),
        "pyserial": Decided(
            "BSD-3-Clause",
            "it says BSD; every file of it says BSD-3-Clause, and the text is in its source archive alone",
            ("pyserial.txt",),
        ),
        "pyusb": Decided("BSD-3-Clause", "it says BSD; its LICENSE has three clauses"),
        "qrcode": Decided("BSD-3-Clause", "it says BSD; its LICENSE has three clauses, and PyQRNative's MIT beside it"),
    }
)

# Libraries that a wheel's own SBOM names without a licence: by the library's COPYING.
NATIVE: Mapping[str, Native] = MappingProxyType(
    {
        "bzip2-libs": Native("bzip2-1.0.6", ("bzip2-1.0.6.txt",)),
        "elfutils-libelf": ELFUTILS,
        "elfutils-libs": ELFUTILS,
        "libXau": Native("MIT-open-group"),  # the text is in pillow's LICENSE
        "libattr": LGPL_2_1,
        "libblkid": LGPL_2_1,
        "libcap": Native("BSD-3-Clause OR GPL-2.0-only", ("libcap.txt",)),
        "libmount": LGPL_2_1,
        "libselinux": Native("LicenseRef-public-domain"),
        "libusbx": LGPL_2_1,
        "libuuid": Native("BSD-3-Clause", ("libuuid.txt",)),
        "openssl": Native("Apache-2.0"),  # the text is cryptography's own LICENSE.APACHE
        "pcre2": Native("BSD-3-Clause", ("pcre2.txt",)),
        "systemd-libs": LGPL_2_1,  # libudev of it
        "xz-libs": Native("LicenseRef-public-domain"),  # liblzma 5.2
    }
)

# Libraries that a wheel is made of and has no SBOM for; `{version}` is the wheel's own, less its last number.
UNSAID: Mapping[str, Mapping[str, Native]] = MappingProxyType(
    {
        "libusb-package": MappingProxyType(
            {"libusb": Native(LGPL_2_1.licence, LGPL_2_1.texts, "pkg:github/libusb/libusb@v{version}")}
        )
    }
)

# What a wheel's SBOM names and the wheel does not hold, with the reason.
LEFT_OUT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "pillow": MappingProxyType(
            {
                "FriBiDi": "looked for on the PC where it runs; the wheel has a shim for it",
                "libimagequant": "GPL; a build may have it, and that of the wheels does not",
            }
        )
    }
)


def decided(project: str) -> str | None:
    """Return what was decided of a project's licence, or None."""
    found = PROJECTS.get(project)
    return found.licence if found else None


def given(project: str) -> tuple[tuple[str, str], ...]:
    """Return the texts that a project's wheel should have brought, by file."""
    found = PROJECTS.get(project)
    return tuple((name, (TEXTS / name).read_text(encoding="utf-8")) for name in (found.texts if found else ()))


def notice(own: str, wheels: Iterable[Wheel]) -> str:
    """Return the one file that says under what everything is shipped: a list, then each text once. `own` is ours."""
    listed: dict[str, None] = {}
    texts: dict[str, list[str]] = {}
    for wheel in wheels:
        title = f"{wheel.name} {wheel.version}"
        listed[f"  {title:<38} {wheel.licence}"] = None
        for file, text in wheel.texts:
            _bear(texts, text, f"{title} ({file})")
        for part in wheel.inside:
            inner = f"{part.name} {part.version}"
            listed[f"    in it: {inner:<28} {part.licence}"] = None
            native = NATIVE.get(part.name) or UNSAID.get(wheel.name, {}).get(part.name)
            for file in native.texts if native else ():
                _bear(texts, (TEXTS / file).read_text(encoding="utf-8"), f"{inner}, in {title}")
    parts = [own.strip("\n"), RULE, "What comes with it, and under which licence:", "\n".join(listed)]
    for text, bearers in texts.items():
        parts += [f"{RULE}\n" + "\n".join(bearers) + f"\n{RULE}", text]
    return "\n\n".join(parts) + "\n"


def _bear(texts: dict[str, list[str]], text: str, bearer: str) -> None:
    bearers = texts.setdefault(text.replace("\r\n", "\n").strip("\n"), [])
    if bearer not in bearers:
        bearers.append(bearer)
