"""A repository of releases (TUF), for the one who makes them: keys, releases, renewals.

    python packaging/updates/releases.py keys  KEYS                         four roles' keys, a file each, kept offline
    python packaging/updates/releases.py begin REPOSITORY --keys KEYS       an empty repository, and its root of trust
    python packaging/updates/releases.py add   REPOSITORY --keys KEYS ARCHIVE ... [--notes TEXT]
    python packaging/updates/releases.py renew REPOSITORY --keys KEYS [--role root]
    python packaging/updates/releases.py rotate REPOSITORY --keys KEYS --new KEYS

REPOSITORY holds `metadata` and `targets`: what a web server serves, and what goes onto a stick, as it is. Each file is
put in place whole, and the timestamp last, so that a reader never sees half a release.

Whoever holds KEYS/root.pem decides whom the stores trust: keep it on a medium that is put away. snapshot and timestamp
may be on the machine that renews. A passphrase is read from STILLOPEN_KEY_PASSPHRASE; without one the keys are plain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from agent.update import release as releases  # noqa: E402 - from this checkout, wherever it is run from
from agent.update.refusal import NotTrusted  # noqa: E402 - likewise
from agent.update.release import Release  # noqa: E402 - likewise

ROLES = ("root", "targets", "snapshot", "timestamp")
GOOD_FOR = {
    "root": timedelta(days=730),
    "targets": timedelta(days=365),
    "snapshot": timedelta(days=60),
    "timestamp": timedelta(days=30),  # how old what a store is told may be: renew weekly
}
PASSPHRASE = "STILLOPEN_KEY_PASSPHRASE"  # noqa: S105 - a variable's name


class Wrong(Exception):
    """It cannot be done; says what to do."""


def main(argv: list[str] | None = None) -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(description="A repository of releases.")
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("keys", help="make the four roles' keys").add_argument("keys", type=Path)
    for name, words in (
        ("begin", "make an empty repository"),
        ("add", "add releases"),
        ("renew", "say again that what is there is the newest"),
        ("rotate", "trust other keys from now on"),
    ):
        one = commands.add_parser(name, help=words)
        one.add_argument("repository", type=Path)
        one.add_argument("--keys", type=Path, required=True)
        if name == "add":
            one.add_argument("archive", type=Path, nargs="+")
            one.add_argument("--notes", default="", help="what is new, for the person who decides")
        if name == "renew":
            one.add_argument("--role", choices=ROLES, default="timestamp")
        if name == "rotate":
            one.add_argument("--new", type=Path, required=True)
    args = parser.parse_args(argv)
    try:
        match args.what:
            case "keys":
                make_keys(args.keys)
            case "begin":
                begin(args.repository, args.keys)
            case "add":
                add(args.repository, args.keys, args.archive, args.notes)
            case "renew":
                renew(args.repository, args.keys, args.role)
            case _:
                rotate(args.repository, args.keys, args.new)
    except Wrong as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def make_keys(folder: Path) -> None:
    """Make the keys. A folder inside a git checkout is refused: they would be committed one day."""
    if any((parent / ".git").exists() for parent in (folder.resolve(), *folder.resolve().parents)):
        raise Wrong(f"{folder} is inside a git checkout; name a folder on a medium that is put away")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passphrase = os.environ.get(PASSPHRASE, "")
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    for role in ROLES:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        try:
            with os.fdopen(os.open(folder / f"{role}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
        except FileExistsError:
            raise Wrong(f"{folder / role}.pem is there already; keys are never made over others") from None
    print(f"{folder}: root.pem belongs on a medium that is put away")


def signer(folder: Path, role: str) -> CryptoSigner:
    """Return the signer of a role."""
    file, passphrase = folder / f"{role}.pem", os.environ.get(PASSPHRASE, "")
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase.encode() or None)
    except (OSError, ValueError, TypeError) as error:
        raise Wrong(f"{file} cannot be used: {error}; {PASSPHRASE} holds its passphrase, where it has one") from error
    assert isinstance(key, Ed25519PrivateKey), role
    return CryptoSigner(key)


def begin(repository: Path, keys: Path, now: datetime | None = None) -> None:
    """Make an empty repository; its `metadata/1.root.json` is the root of trust that a package is built with."""
    if (repository / "metadata").exists():
        raise Wrong(f"{repository} is one already")
    root = Root(consistent_snapshot=True)
    for role in ROLES:
        root.add_key(signer(keys, role).public_key, role)
    (repository / "metadata").mkdir(parents=True)
    (repository / "targets").mkdir()
    for role, signed in (
        ("root", root),
        ("targets", Targets()),
        ("snapshot", Snapshot()),
        ("timestamp", Timestamp()),
    ):
        publish(repository, keys, role, Metadata(signed), now)
    print(f"{repository}: packages trust it by packaging/linux/build_deb.py --update-root {_of(repository, 'root')}")


def add(repository: Path, keys: Path, archives: list[Path], notes: str = "", now: datetime | None = None) -> None:
    """Add releases, one for each kind of PC: from now on they are the newest there."""
    targets = read(repository, "targets", Targets)
    for archive in archives:
        release = about(archive, notes)
        channel = releases.channel(release.system, release.machine)
        announced = repository / "build.json"
        text = releases.as_text(release)
        try:
            releases.parse(text.encode())
        except NotTrusted as error:
            raise Wrong(f"no store would take {archive.name}: {error.__cause__}") from error
        announced.write_text(text, encoding="utf-8")
        for name, file in ((release.target, archive), (f"{channel}/release.json", announced)):
            target = TargetFile.from_file(name, str(file), ["sha256"])
            targets.signed.targets[name] = target
            folder, _, last = name.rpartition("/")
            place = repository / "targets" / folder / f"{target.hashes['sha256']}.{last}"
            place.parent.mkdir(parents=True, exist_ok=True)
            put(place, file.read_bytes())
        announced.unlink()
        print(f"{release.version} for {channel}: {archive.name}")
    publish(repository, keys, "targets", targets, now)
    snapshot = read(repository, "snapshot", Snapshot)
    snapshot.signed.meta["targets.json"] = MetaFile(targets.signed.version)
    publish(repository, keys, "snapshot", snapshot, now)
    _stamp(repository, keys, snapshot, now)


def renew(repository: Path, keys: Path, role: str = "timestamp", now: datetime | None = None) -> None:
    """Sign what is there once more, so that it does not run out."""
    kinds = {"root": Root, "targets": Targets, "snapshot": Snapshot, "timestamp": Timestamp}
    found = read(repository, role, kinds[role])
    publish(repository, keys, role, found, now)
    if role == "targets":
        snapshot = read(repository, "snapshot", Snapshot)
        snapshot.signed.meta["targets.json"] = MetaFile(found.signed.version)
        publish(repository, keys, "snapshot", snapshot, now)
    if role in {"targets", "snapshot"}:
        _stamp(repository, keys, read(repository, "snapshot", Snapshot), now)
    print(f"{role}: good until {found.signed.expires:%Y-%m-%d}")


def rotate(repository: Path, keys: Path, new: Path, now: datetime | None = None) -> None:
    """Trust the keys in `new` from now on. Signed by the old root and the new one, as every store checks."""
    root = read(repository, "root", Root)
    for role in ROLES:
        for key in list(root.signed.roles[role].keyids):
            root.signed.revoke_key(key, role)
        root.signed.add_key(signer(new, role).public_key, role)
    publish(repository, new, "root", root, now, also=[signer(keys, "root")])
    for role in ("targets", "snapshot", "timestamp"):
        renew(repository, new, role, now)


def publish(
    repository: Path,
    keys: Path,
    role: str,
    metadata: Metadata,
    now: datetime | None = None,
    also: list[CryptoSigner] | None = None,
) -> None:
    """Sign the next version of a role's file and put it in place."""
    written = read_if_there(repository, role)
    metadata.signed.version = 1 if written is None else written + 1
    metadata.signed.expires = ((now or datetime.now(UTC)) + GOOD_FOR[role]).replace(microsecond=0)
    metadata.sign(signer(keys, role))
    for one in also or []:
        metadata.sign(one, append=True)
    name = "timestamp.json" if role == "timestamp" else f"{metadata.signed.version}.{role}.json"
    put(repository / "metadata" / name, metadata.to_bytes(JSONSerializer(compact=False)))


def _stamp(repository: Path, keys: Path, snapshot: Metadata[Snapshot], now: datetime | None) -> None:
    timestamp = read(repository, "timestamp", Timestamp)
    timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
    publish(repository, keys, "timestamp", timestamp, now)


def read(repository: Path, role: str, kind: type) -> Metadata:
    """Return a role's newest file."""
    file = _of(repository, role)
    if not file.exists():
        raise Wrong(f"{repository} has no {role}; make it: releases.py begin")
    found = Metadata.from_file(str(file))
    assert isinstance(found.signed, kind), role
    return found


def read_if_there(repository: Path, role: str) -> int | None:
    """Return the version of a role's newest file, or None."""
    file = _of(repository, role)
    return json.loads(file.read_text("utf-8"))["signed"]["version"] if file.exists() else None


def _of(repository: Path, role: str) -> Path:
    metadata = repository / "metadata"
    if role == "timestamp":
        return metadata / "timestamp.json"
    found = sorted(metadata.glob(f"*.{role}.json"), key=lambda file: int(file.name.split(".")[0]))
    return found[-1] if found else metadata / f"1.{role}.json"


def about(archive: Path, notes: str) -> Release:
    """Return what an archive says it is (packaging/updates/archive.py), with what is new in it."""
    with zipfile.ZipFile(archive) as packed:
        said = json.loads(packed.comment)
        files = [member for member in packed.infolist() if not member.is_dir()]
    return Release(
        version=said["version"],
        system=said["system"],
        machine=said["machine"],
        archive=archive.name,
        unpacked_bytes=sum(member.file_size for member in files),
        files=len(files),
        pythons=tuple(said["pythons"]),
        notes=notes,
    )


def put(file: Path, content: bytes) -> None:
    """Write a file whole; one that holds the same stays as it is."""
    if file.exists() and hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(content).digest():
        return
    made = file.with_name(f"{file.name}.new")
    made.write_bytes(content)
    shutil.move(made, file)


if __name__ == "__main__":
    sys.exit(main())
