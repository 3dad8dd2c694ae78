"""Where a journal may be: on a disk of this PC's own, in a folder that no other program carries about.

SQLite's write-ahead log needs memory that every process of one machine shares, which no network drive
gives; and a folder that a program synchronises is read half-written and put back old.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath, PurePosixPath

from outbox.errors import JournalUnsafe

NETWORK_FILE_SYSTEMS = frozenset(  # as Linux names them, without the "fuse." before and the "-fuse" behind
    {
        *("9p", "afpfs", "afs", "beegfs", "blobfuse2", "ceph", "cifs", "coda", "curlftpfs", "davfs", "gcsfuse", "gfs"),
        *("gfs2", "glusterfs", "goofys", "google-drive-ocamlfuse", "gpfs", "gvfsd", "juicefs", "lustre", "mfs"),
        *("ncpfs", "nfs", "nfs4", "ocfs2", "onedriver", "orangefs", "prl_fs", "pvfs2", "rclone", "s3fs", "smb3"),
        *("smbfs", "smbnetfs", "sshfs", "vboxsf", "virtiofs", "vmhgfs"),
    }
)
SYNCHRONISED_FOLDERS = frozenset(
    {
        *("box sync", "dropbox", "google drive", "googledrive", "icloud drive", "iclouddrive", "megasync", "nextcloud"),
        *("onedrive", "owncloud", "pcloud drive", "seafile", "syncthing"),
    }
)
SYNCHRONISES = {  # what a program leaves in a folder that it synchronises, whatever the folder is called
    ".stfolder": "Syncthing",
    ".dropbox.cache": "Dropbox",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
    ".sync/IgnoreList": "Resilio Sync",
    ".tmp.drivedownload": "Google Drive",
}
_DRIVE_REMOTE = 4  # GetDriveTypeW

_MOVE = "Name a folder on a disk of this PC with --state or STILLOPEN_STATE."


def check(state: Path, *, mounts: str | None = None, platform: str = sys.platform) -> None:
    """Raise `JournalUnsafe` for a network drive or a synchronised folder, also one that links lead to.

    `mounts` is for tests.
    """
    for folder in dict.fromkeys((state.absolute(), Path(os.path.realpath(state)))):
        for part in folder.parts:
            name = part.casefold()
            if name in SYNCHRONISED_FOLDERS or name.startswith(("onedrive - ", "dropbox (")):
                raise JournalUnsafe(
                    f"{state} is inside {part!r}, which a program synchronises: it would put old data back", hint=_MOVE
                )
        for above in (folder, *folder.parents):
            program = _synchroniser(above)
            if program is not None:
                raise JournalUnsafe(
                    f"{state} is inside {above}, which {program} synchronises: it would put old data back", hint=_MOVE
                )
        if platform == "win32":
            if _is_remote_on_windows(folder):
                raise JournalUnsafe(f"{state} is on a network drive", hint=_MOVE)
            continue
        kind = file_system(folder, mounts)
        if kind is not None and kind.removeprefix("fuse.").removesuffix("-fuse") in NETWORK_FILE_SYSTEMS:
            raise JournalUnsafe(f"{state} is on a network drive ({kind})", hint=_MOVE)


def _synchroniser(folder: Path) -> str | None:
    for left, program in SYNCHRONISES.items():
        if os.path.exists(folder / left):  # noqa: PTH110 - says no, and raises nothing, of what may not be looked at
            return program
    return None


def file_system(folder: Path, mounts: str | None = None) -> str | None:
    """Return the kind of file system a folder is on, as Linux names it; None where that cannot be told."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
        except OSError:
            return None
    found: tuple[int, str] | None = None
    wanted = PurePosixPath(folder.as_posix())
    for line in mounts.splitlines():
        # proc(5): id parent major:minor root mount-point options … - type source super-options
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) < 5 or not kinds[0]:  # noqa: PLR2004 - the fields up to the mount point
            continue
        point = PurePosixPath(_unescaped(fields[4]))
        if wanted.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = len(point.parts), kinds[0]
    return found[1] if found else None


def _unescaped(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _is_remote_on_windows(folder: PurePath) -> bool:
    name = str(folder)
    if name.startswith("\\\\?\\") and not name.upper().startswith("\\\\?\\UNC\\"):
        return False  # a volume of this PC's, by its number: it has no letter to ask about
    if name.startswith("\\\\"):
        return True
    import ctypes

    kind: int = ctypes.windll.kernel32.GetDriveTypeW(f"{folder.drive}\\")  # type: ignore[attr-defined]  # Windows only
    return kind == _DRIVE_REMOTE
