"""The Debian package, built for this Python alone: the same bytes twice, nothing in it that should not be; it runs."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from agent.service import linux_files
from tests.packages import every_command

ROOT = Path(__file__).parents[2]
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"

pytestmark = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None or platform.machine() != "x86_64",
    reason="dpkg-deb builds it, on Debian and Ubuntu",
)


def build(to: Path, *, umask: int = 0o022, **environ: str) -> Path:
    """Build the package; the wheels are fetched once, by hash."""
    command = [sys.executable, "packaging/linux/build_deb.py", "--python", MINOR, "--out", str(to)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environ, umask=umask, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("deb"))


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    return folder


def test_the_same_source_gives_the_same_bytes_whoever_builds_it(package: Path, tmp_path: Path) -> None:
    other = build(tmp_path, umask=0o077, TZ="Pacific/Auckland", PYTHONHASHSEED="7")
    assert other.read_bytes() == package.read_bytes()


def test_it_runs_with_nothing_of_this_environment(unpacked: Path) -> None:
    program = unpacked / "usr/lib/stillopen/package/stillopen.py"
    python = os.path.realpath(sys.executable)  # the system's own, without this environment's packages
    environ = {"PATH": os.environ["PATH"], "HOME": str(unpacked)}
    said = subprocess.run([python, "-I", program, "--version"], check=True, capture_output=True, text=True, env=environ)
    assert said.stdout.startswith("stillopen ")
    bad = unpacked / "bad.toml"
    bad.write_text("[store]", encoding="utf-8")
    checked = subprocess.run(
        [python, "-I", program, "--config", bad, "check"], check=False, capture_output=True, text=True, env=environ
    )
    assert checked.returncode == 2
    assert "next: mend the lines named above" in checked.stderr


def test_it_holds_the_service_and_nothing_of_the_tests(unpacked: Path) -> None:
    unit = (unpacked / "lib/systemd/system/stillopen.service").read_text(encoding="utf-8")
    assert unit == linux_files.unit("/usr/bin/stillopen")
    assert (unpacked / "lib/udev/rules.d/60-stillopen.rules").read_text(encoding="utf-8") == linux_files.device_rules()
    common = unpacked / "usr/lib/stillopen/package/common"
    assert (unpacked / f"usr/lib/stillopen/package/cp{MINOR.replace('.', '')}").is_dir()  # postinst looks for it
    assert {"agent", "drivers", "outbox"} <= {entry.name for entry in common.iterdir()}
    assert not any((common / name).exists() for name in ("tests", "bench", "scripts", "pytest", "pip"))
    assert (common / "agent/pages/till.html").exists()


def test_everything_in_it_is_listed_with_its_licence_and_its_locked_hash(unpacked: Path) -> None:
    text = (unpacked / "usr/share/doc/stillopen/sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = json.loads(text)["components"]
    shipped = {info.name for info in (unpacked / "usr/lib/stillopen/package").glob("*/*.dist-info")}
    names = {re.sub(r"[-_.]+", "-", name.rpartition("-")[0]).lower() for name in (info[:-10] for info in shipped)}
    assert {one["name"] for one in listed} == names - {"stillopen"}
    assert len(names) > 35
    parts = [part for one in listed for part in (one, *one["components"])]
    assert all(part["licenses"] for part in parts if part["type"] == "library")
    locked = set(re.findall(r"sha256:([0-9a-f]{64})", (ROOT / "requirements.lock").read_text(encoding="utf-8")))
    hashes = [part["hashes"][0]["content"] for part in parts if part["type"] == "file"]
    assert hashes
    assert set(hashes) <= locked
    copyright_text = (unpacked / "usr/share/doc/stillopen/copyright").read_text(encoding="utf-8")
    assert all(
        f"{one['name']} {one.get('version', '')}".strip() in copyright_text for one in parts if one["type"] == "library"
    )
    for words in ("GNU LESSER GENERAL PUBLIC LICENSE", "Chris Liechti", "Julian R Seward", "Mozilla Public License"):
        assert words in copyright_text


def test_every_command_runs_from_what_was_unpacked(unpacked: Path, tmp_path: Path) -> None:
    config = every_command.put_files(tmp_path, 9)
    launcher = unpacked / "usr/lib/stillopen/package/stillopen.py"
    assert (unpacked / "usr/bin/stillopen").read_text(encoding="utf-8") == (
        '#!/bin/sh\nexec /usr/bin/python3 -I /usr/lib/stillopen/current/stillopen.py "$@"\n'
    )
    lines = [*every_command.asked_for_help(every_command.leaves()), *every_command.WRONGLY_SET_UP]
    places = {"folder": str(tmp_path), "config": str(config)}
    environ = every_command.clean_environment(tmp_path)
    said = every_command.run(every_command.PYTHON, launcher, lines, places, environ)
    assert not every_command.judge(lines, said)


def test_what_dpkg_owns_is_not_what_runs(unpacked: Path) -> None:
    # the version's own folder is made of links when the package is configured: an upgrade takes no file from what runs
    assert [entry.name for entry in (unpacked / "usr/lib/stillopen").iterdir()] == ["package"]


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_a_maintainer_script_is_a_shells(unpacked: Path, name: str) -> None:
    script = unpacked / "DEBIAN" / name
    assert script.stat().st_mode & 0o777 == 0o755
    subprocess.run(["/bin/sh", "-n", script], check=True)
    assert "@VERSION@" not in script.read_text(encoding="utf-8")


def test_every_file_is_anybodys_to_read_and_roots_to_change(package: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "-c", package], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root", line
        assert mode in {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"}, line
