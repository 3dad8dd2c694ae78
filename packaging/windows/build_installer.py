r"""`make installer`: the Windows installer, built on Linux; the same bytes each time, where nothing signs it.

It is made of locked wheels, a Python that is named by its hash, and our own service host:

    %ProgramFiles%\Stillopen\VERSION\python\        the embeddable Python
    %ProgramFiles%\Stillopen\VERSION\program\       this program, and what it depends on
    %ProgramFiles%\Stillopen\VERSION\stillopen.py
    %ProgramFiles%\Stillopen\stillopen-service.exe   the host; stillopen.exe, the command line

`--sign COMMAND` is run once for each of our programs with the file behind it, and has to sign it in place. With
`--update-root`, the version's folder is made into an update's archive, too (packaging/updates).

    python packaging/windows/build_installer.py --python ZIP --sha256 HEX [--update-root FILE] [--sign COMMAND]
                                                [--out DIR] [--version X]
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import py_compile
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(HERE.parent), str(HERE.parent / "linux"), str(HERE.parent / "updates"), str(HERE)]

import archive  # noqa: E402 - from this checkout, wherever it is run from
import build_deb as deb  # noqa: E402 - likewise
import embedded  # noqa: E402 - likewise
import licences  # noqa: E402 - likewise
import locked  # noqa: E402 - likewise
import sbom  # noqa: E402 - likewise
import script  # noqa: E402 - likewise
import shipped  # noqa: E402 - likewise

COMPILER = "x86_64-w64-mingw32-gcc"
HOST = "stillopen-service.exe"
COMMAND = "stillopen.exe"
COMMAND_ONLY = {"stillopen.c"}
SHARED = {"settings.c"}
FLAGS = (
    *("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"),
    *("-municode", "-static", "-s", "-D__USE_MINGW_ANSI_STDIO=1"),
    "-D_WIN32_WINNT=0x0A00",  # Windows 10: the oldest that the dependencies run on
    "-Wl,--no-insert-timestamp",  # the same source, the same bytes
)
LIBRARIES = ("-ladvapi32", "-lshell32", "-lole32", "-luuid", "-luserenv")
TOOLS = {COMPILER: "gcc-mingw-w64-x86-64-win32", "makensis": "nsis"}


class NotBuilt(Exception):
    """Something that is needed is not there, or failed; the text says what to do."""


def main() -> int:
    """Build the installer; says where it is."""
    parser = argparse.ArgumentParser(description="Build the Windows installer.")
    parser.add_argument("--python", type=Path, metavar="ZIP", help=f"the embeddable Python: {embedded.WHERE}")
    parser.add_argument("--sha256", metavar="HEX", help="its hash, as it was held to its signature once")
    parser.add_argument(
        "--update-root", type=Path, help="the root of trust that releases are held against (default: none, no updates)"
    )
    parser.add_argument("--sign", metavar="COMMAND", help="signs the file that is named behind it, in place")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist")
    parser.add_argument("--version", help="another version than pyproject.toml's: to try an upgrade")
    args = parser.parse_args()
    version = args.version or str(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    )
    os.environ["SOURCE_DATE_EPOCH"] = str(deb.made_at())
    try:
        python = named(args.python, args.sha256)
        root = None if args.update_root is None else root_of_trust(args.update_root)
        with tempfile.TemporaryDirectory(prefix="stillopen-setup-") as work:
            print(build(python, version, args.out, Path(work), sign=shlex.split(args.sign or ""), root=root))
    except (NotBuilt, embedded.NotThat, script.TooLong, shipped.Unshippable) as error:
        print(f"not built: {error}", file=sys.stderr)
        return 1
    return 0


def named(file: Path | None, sha256: str | None) -> embedded.Embedded:
    """Return the Python to build around. Raises `NotBuilt` or `NotThat`."""
    missing = [f"{name} ({package})" for name, package in TOOLS.items() if shutil.which(name) is None]
    if missing:
        raise NotBuilt(f"this machine has no {', '.join(missing)}: apt-get install {' '.join(TOOLS.values())}")
    if file is None or sha256 is None:
        raise NotBuilt(
            f"which Python? Download {embedded.WHERE}, hold it to its signature, and name it with its SHA-256: "
            "--python python-3.11.9-embed-amd64.zip --sha256 HEX (make: PYTHON_ZIP=... PYTHON_SHA256=...)"
        )
    try:
        python = embedded.read(file, sha256)
    except OSError as error:
        raise NotBuilt(f"{file} cannot be read: {error.strerror}") from error
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python.minor != ours:  # its bytecode is made here; a service that may not write there would start without any
        raise NotBuilt(f"{file.name} is Python {python.minor}, and this one {ours}: build with a Python {python.minor}")
    return python


def root_of_trust(file: Path) -> Path:
    """Return the file where it is a root of trust. Raises `NotBuilt`: with another, a store would take no update."""
    try:
        said = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise NotBuilt(f"{file} cannot be read: {error}; make one: packaging/updates/README.md") from error
    if not isinstance(said, dict) or not isinstance(said.get("signed"), dict) or said["signed"].get("_type") != "root":
        raise NotBuilt(f"{file} is no root of trust: name releases/metadata/1.root.json (packaging/updates/README.md)")
    return file.absolute()


def build(
    python: embedded.Embedded, version: str, out: Path, work: Path, *, sign: list[str], root: Path | None = None
) -> Path:
    """Build everything in `work`, and the installer in `out`."""
    lay_out(work / "payload", work, python, version)
    host(work / "tools")
    for name in (HOST, COMMAND):
        if sign:
            run([*sign, str(work / "tools" / name)])
    if root is not None:
        out.mkdir(parents=True, exist_ok=True)
        archive.pack(work / "payload", out, version=version, system="windows", machine="amd64", pythons=[python.minor])
    return pack(work / "payload", work / "tools", version, out, sign=sign, root=root)


def pack(
    payload: Path, tools: Path, version: str, out: Path, *, sign: Sequence[str] = (), root: Path | None = None
) -> Path:
    """Make the installer of one version's files and our two programs. `root`: the root of trust for updates."""
    out.mkdir(parents=True, exist_ok=True)
    setup = out.absolute() / f"stillopen-{version}-setup.exe"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".nsh") as lines:
        lines.write(script.files(payload, rf"$INSTDIR\{version}.new"))
        lines.flush()
        defines = {
            "VERSION": version,
            "FILES": lines.name,
            "TOOLS": tools,
            "SIZE_KIB": sum(file.stat().st_size for file in payload.rglob("*") if file.is_file()) // 1024,
            "OUT": setup,
            **({"SIGN": shlex.join(sign)} if sign else {}),
            **({"UPDATE_ROOT": root} if root is not None else {}),
        }
        words = [f"-D{name}={value}" for name, value in defines.items()]
        run(["makensis", "-V2", "-WX", "-NOCD", *words, str(HERE / "setup.nsi")])
    return setup


def lay_out(payload: Path, work: Path, python: embedded.Embedded, version: str) -> None:
    """Lay every file of one version out under `payload`."""
    folder = wheels(python.minor)
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    parts = shipped.read(sorted(folder.glob("*.whl")), lock)
    with zipfile.ZipFile(python.file) as archive:
        archive.extractall(payload / "python")
    deb.unpack(folder, payload / "program")
    deb.unpack_into(deb.wheel_of_ours(work, version), payload / "program")
    deb.put(payload / "stillopen.py", (HERE / "stillopen.py").read_text(encoding="utf-8"))
    deb.put(payload / "stillopen.toml", (ROOT / "packaging/stillopen.toml").read_text(encoding="utf-8"))
    deb.put(payload / "LICENCES.txt", licences.notice((ROOT / "LICENSE").read_text(encoding="utf-8"), parts))
    made_at = int(os.environ["SOURCE_DATE_EPOCH"])
    listed = sbom.document(version, parts, made_at, others=[embedded.component(python)])
    deb.put(payload / "sbom.cdx.json", sbom.text(listed))
    done = compileall.compile_dir(
        payload / "program",
        quiet=1,
        stripdir=str(payload),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,  # nobody changes these files
    )
    if not done:
        raise NotBuilt("the program does not compile; what is above says why")


def wheels(minor: str) -> Path:
    """Return a folder with every locked wheel for Windows and one Python; fetched once, by hash."""
    folder = ROOT / "build" / "wheels" / f"cp{minor.replace('.', '')}-win_amd64"
    stamp = folder / ".complete"
    wanted = locked.for_windows((ROOT / "requirements.lock").read_text(encoding="utf-8"), minor)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write(wanted)
        file.flush()
        run(
            [
                sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                "--require-hashes", "--only-binary", ":all:", "--implementation", "cp", "--python-version", minor,
                "--platform", "win_amd64", "--dest", str(folder), "--requirement", file.name,
            ]
        )  # fmt: skip
    stamp.write_text(wanted, encoding="utf-8")
    return folder


def host(to: Path) -> None:
    """Compile the service host and the command line into `to`."""
    to.mkdir(parents=True, exist_ok=True)
    sources = {file.name: str(file) for file in sorted((HERE / "host").glob("*.c"))}
    ours = {
        HOST: [path for name, path in sources.items() if name not in COMMAND_ONLY],
        COMMAND: [path for name, path in sources.items() if name in COMMAND_ONLY | SHARED],
    }
    for name, files in ours.items():
        run([COMPILER, *FLAGS, "-o", str(to / name), *files, *LIBRARIES])


def run(command: list[str]) -> None:
    """Run a program. Raises `NotBuilt` with what it said."""
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotBuilt(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
