r"""The store's folder on Windows, %ProgramData%\Stillopen: whose it is, and who may look into it.

Any user of a PC may make a folder there. So what is in one that no administrator made is nobody's journal and nobody's
configuration, and what leads elsewhere is not closed in its place. Sources: Microsoft's pages on icacls and Get-Acl.
"""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.service.refusal import ServiceRefused
from agent.service.windows_task import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Must = Callable[..., str]  # runs a program, and returns what it said or raises `ServiceRefused`

ADMINISTRATORS = "S-1-5-32-544"  # by the number that no language of Windows translates
_WHOSE = (
    "(Get-Acl -LiteralPath '{}' -ErrorAction Stop).GetOwner([System.Security.Principal.SecurityIdentifier]).Value;"
    "[System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value"
)


def access(folder: Path, state: Path, account: str, *, first: bool) -> list[list[str]]:
    """Return the commands that leave `folder` to SYSTEM and the administrators, and `state` in it to `account` too.

    The service reads what else is there, its configuration and secrets; nobody else does. The `first` time, what is
    there loses the owner and the rights that somebody may have given it beforehand. Later, that would open the store's
    files for a moment.
    """
    full = [f"*{sid}:(OI)(CI)F" for sid in (SYSTEM, ADMINISTRATORS)]
    closed = [
        ["icacls", str(folder), "/inheritance:r", "/grant:r", *full, f"*{account}:(OI)(CI)RX"],
        ["icacls", str(state), "/grant:r", f"*{account}:(OI)(CI)M"],
    ]
    if not first:
        return closed
    everything = ("/T", "/C", "/L", "/Q")  # all that is in it, links themselves, and on where one file is held
    return [
        ["icacls", str(folder), "/setowner", f"*{ADMINISTRATORS}", *everything],
        ["icacls", str(folder), "/reset", *everything],
        *closed,
    ]


def must_lead_nowhere(*folders: Path) -> None:
    """Raise `ServiceRefused` where one of them is a link or a junction, or no folder."""
    for folder in folders:
        try:
            found = folder.lstat()
        except FileNotFoundError:
            continue
        leads = getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT
        if leads or not stat.S_ISDIR(found.st_mode):
            raise ServiceRefused(f"{folder} leads elsewhere, or is no folder", "see who made it, and remove it")


def make(folder: Path, state: Path, account: str, must: Must) -> list[str]:
    """Leave both to `account` and the administrators, for the first time; what nobody of them made is moved aside.

    Returns what was done, a line each. Raises `ServiceRefused`.
    """
    done = []
    if folder.exists() and not _ours(folder, must):
        done.append(f"{folder} was made by somebody who is no administrator: moved to {_aside(folder)}, and not used")
    there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    *first, of_folder, of_state = access(folder, state, account, first=True)
    for command in (*first, of_folder):
        must(*command)
    if not there and any(folder.iterdir()):  # in the moment between the two
        raise ServiceRefused(
            f"somebody laid something into {folder} while it was made: it is {_aside(folder)} now", "run this again"
        )
    state.mkdir(exist_ok=True)
    must(*of_state)
    return done


def _ours(folder: Path, must: Must) -> bool:
    """Say whether an administrator made it, or who runs this."""
    look = _WHOSE.format(str(folder).replace("'", "''"))
    owner, *me = must("powershell", "-NoProfile", "-NonInteractive", "-Command", look).split() or [""]
    return owner in {SYSTEM, ADMINISTRATORS, *me}


def _aside(folder: Path) -> Path:
    now = datetime.now(UTC)
    try:
        return folder.rename(folder.with_name(f"{folder.name}.found-{now:%Y%m%d-%H%M%S%f}"))
    except OSError as error:
        raise ServiceRefused(
            f"{folder} was made by somebody who is no administrator, and cannot be moved aside: {error.strerror}",
            "close what has it open, and run this again",
        ) from error
