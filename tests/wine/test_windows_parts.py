"""What the installer is made of, as far as it needs no Windows: the lock's lines, the Python, the order of files."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.update.machine import on_windows
from agent.update.release import is_version
from agent.update.report import report
from tests.update.maker import Maker
from tests.wine.pc import missing
from tests.wine.setups import ROOT, WINDOWS, light, load, roots, stand_in

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = "x86_64-w64-mingw32-gcc"
with_tools = pytest.mark.skipif(
    any(shutil.which(name) is None for name in (COMPILER, "makensis")), reason=missing() or "the tools are there"
)


def pe(machine: bytes) -> bytes:
    """Return as much of a Windows program as says for which processor it is."""
    return b"MZ".ljust(0x3C, b"\0") + (0x40).to_bytes(4, "little") + b"PE\0\0" + machine


def embeddable(to: Path, files: dict[str, bytes]) -> tuple[Path, str]:
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to, hashlib.sha256(to.read_bytes()).hexdigest()


def test_the_locks_lines_for_windows_have_their_hashes_and_no_markers() -> None:
    lock = """\
# a comment
both==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
uvloop==0.21 ; sys_platform != 'win32' \\
    --hash=sha256:dd
old==2 ; python_full_version < '3.12' \\
    --hash=sha256:ee
"""
    kept = load("locked").for_windows(lock, "3.12")
    assert kept == "both==1.0 --hash=sha256:aa --hash=sha256:bb\ncolorama==0.4.6 --hash=sha256:cc\n"
    assert "old==2" in load("locked").for_windows(lock, "3.11")


def test_of_the_real_lock_every_line_keeps_a_hash_and_what_only_windows_needs_is_there() -> None:
    lines = load("locked").for_windows((ROOT / "requirements.lock").read_text("utf-8"), "3.11").splitlines()
    assert len(lines) > 30
    assert all(" --hash=sha256:" in line and ";" not in line for line in lines)
    assert any(line.startswith("colorama==") for line in lines)


def test_a_python_is_taken_by_its_hash(tmp_path: Path) -> None:
    files = {"python.exe": pe(b"\x64\x86"), "python311._pth": b".\n"}
    file, sha256 = embeddable(tmp_path / "python-3.11.9-embed-amd64.zip", files)
    found = load("embedded").read(file, sha256.upper())
    assert (found.minor, found.version, found.sha256) == ("3.11", "3.11.9", sha256)
    assert load("embedded").component(found)["hashes"] == [{"alg": "SHA-256", "content": sha256}]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"python.exe": pe(b"\x4c\x01"), "python311._pth": b""}, "not an embeddable Python for 64-bit"),
        ({"python.exe": pe(b"\x64\x86")}, "not an embeddable Python"),  # an ordinary one, which looks into the registry
        ({"python311._pth": b""}, "holds no python.exe"),
        ({"python.exe": b"MZ", "python311._pth": b""}, "not an embeddable Python"),
    ],
)
def test_what_is_no_such_python_is_refused(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    file, sha256 = embeddable(tmp_path / "some.zip", files)
    with pytest.raises(load("embedded").NotThat, match=why):
        load("embedded").read(file, sha256)


def test_another_hash_is_refused_before_anything_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "python.zip"
    file.write_bytes(b"not even a zip")
    with pytest.raises(load("embedded").NotThat, match="and not the one named"):
        load("embedded").read(file, "0" * 64)


def test_files_are_unpacked_by_name_and_every_folder_once(tmp_path: Path) -> None:
    for name in ("b/z.py", "a.py", "b/$c/$x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    lines = load("script").files(tmp_path, r"$INSTDIR\1.0.new").splitlines()
    assert lines == [
        r'SetOutPath "$INSTDIR\1.0.new"',
        f'File "{tmp_path}/a.py"',
        r'SetOutPath "$INSTDIR\1.0.new\b\$$c"',
        f'File "{tmp_path}/b/$c/$x.py"',
        r'SetOutPath "$INSTDIR\1.0.new\b"',
        f'File "{tmp_path}/b/z.py"',
    ]


def test_every_name_that_the_setup_gives_a_version_is_one_for_updates() -> None:
    text = (WINDOWS / "setup.nsi").read_text(encoding="utf-8")
    names = re.findall(r'StrCpy \$NEW "([^"]+)"', text)
    assert names == ["${VERSION}", "${VERSION}.$TRIES"]
    for name in names:
        assert is_version(name.replace("${VERSION}", "1.1.0").replace("$TRIES", "2")), name


def test_a_path_that_windows_would_refuse_stops_the_build(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a" * 40] * 5)
    deep.mkdir(parents=True)
    (deep / "x.py").touch()
    with pytest.raises(load("script").TooLong, match="would have a path of"):
        load("script").files(tmp_path, "$INSTDIR")


def test_the_builder_says_what_it_needs() -> None:
    done = subprocess.run(
        ["python3", WINDOWS / "build_installer.py"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "not built: " in done.stderr
    assert "Download" in done.stderr or "apt-get install" in done.stderr


@with_tools
def test_the_same_files_give_the_same_installer(tmp_path: Path) -> None:
    tools = tmp_path / "tools"  # the real ones take ten seconds to compile: `make wine` does
    tools.mkdir()
    for name in ("stillopen-service.exe", "stillopen.exe"):
        (tools / name).write_bytes(b"MZ")
    one, two = (light(tmp_path / name, "1.0.0", tools) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    believing = [
        light(tmp_path / name, "1.1.0", tools, root=roots(tmp_path / name)["1.1.0"]) for name in ("one", "two")
    ]
    assert believing[0].read_bytes() == believing[1].read_bytes()
    assert len(believing[0].read_bytes()) > len(one.read_bytes())  # it is in it


def test_a_root_of_trust_is_one_or_stops_the_build(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    root = maker.repository / "metadata" / "1.root.json"
    builder = load("build_installer")
    assert builder.root_of_trust(root) == root
    for other, why in (
        (root.with_name("timestamp.json"), "is no root of trust"),
        (tmp_path / "none", "cannot be read"),
    ):
        with pytest.raises(builder.NotBuilt, match=why):
            builder.root_of_trust(other)


def test_with_its_root_an_installed_version_may_be_updated(tmp_path: Path) -> None:
    place = on_windows(tmp_path)
    place.versions.mkdir()
    assert "no root of trust" in str(report(place, None)["why_not"])
    place.trusted.write_bytes(Maker(tmp_path / "maker").root)
    assert report(place, None)["possible"]
    assert place.must_trust()


@with_tools
@pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="osslsigncode signs (apt-get install osslsigncode)")
def test_the_hook_signs_the_uninstaller_and_the_setup(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    hook = tmp_path / "sign.sh"
    hook.write_text(
        f"#!/bin/sh -e\necho signed >>{tmp_path}/asked\n"
        f'osslsigncode sign -certs {certificate} -key {key} -h sha256 -n Stillopen -in "$1" -out "$1.signed"\n'
        'mv "$1.signed" "$1"\n'
    )
    hook.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("stillopen-service.exe", "stillopen.exe"):
        (tools / name).write_bytes(b"MZ")
    setup = light(tmp_path, "1.0.0", tools, sign=(str(hook),))
    assert (tmp_path / "asked").read_text().split() == ["signed"] * 2
    said = subprocess.run(
        ["osslsigncode", "verify", "-in", setup, "-CAfile", certificate], check=False, capture_output=True, text=True
    ).stdout
    assert "CN=a shop in a test" in said.replace("CN = ", "CN=")
    assert "Message digest algorithm  : SHA256" in said
    assert "Signature verification: ok" in said


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for signing programs, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a shop in a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "certificate.pem", folder / "key.pem"


@with_tools
def test_a_stand_in_is_taken_for_a_python(tmp_path: Path) -> None:
    found: Any = load("embedded").read(*stand_in(tmp_path))
    assert found.minor == load("build_installer").sys.version[:4]
