"""Whom the agent runs as on a POSIX system, and what that one may open."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.service import linux_files

if TYPE_CHECKING:
    from pathlib import Path

_ACCESS_LIST = "system.posix_acl_access"


@dataclass(frozen=True, slots=True)
class User:
    """A user, and the groups that count for the agent: its own, and those the service's unit adds."""

    name: str
    uid: int
    groups: frozenset[int]


def agent_user(state: Path) -> User:
    """Return whom the agent runs as: the owner of its state folder; where there is none yet, whoever asks."""
    assert sys.platform != "win32", "Windows has no such users"
    import grp
    import pwd

    try:
        uid = state.stat().st_uid
    except OSError:
        uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return User(f"user {uid}", uid, frozenset())
    groups = set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    if entry.pw_name == linux_files.USER:
        groups |= {one.gr_gid for one in grp.getgrall() if one.gr_name in linux_files.GROUPS}
    return User(entry.pw_name, uid, frozenset(groups))


def may_open(file: Path, seen: os.stat_result, user: User, wanted: int, *, inside: bool) -> bool | None:
    """Return whether a user may open a file; None: its access list may say so, and cannot be read for another.

    Inside the agent the system is asked: a sandbox shows groups by other numbers than they have.
    """
    if inside:
        return os.access(file, wanted)
    mode = stat.S_IMODE(seen.st_mode)
    shift = 6 if seen.st_uid == user.uid else 3 if seen.st_gid in user.groups else 0
    if user.uid == 0 or (mode >> shift) & wanted == wanted:  # R_OK and W_OK are a mode's own bits
        return True
    if user.uid == os.geteuid() and os.access(file, wanted):
        return True
    return None if _has_access_list(file) else False


def _has_access_list(file: Path) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return bool(os.getxattr(file, _ACCESS_LIST))
    except OSError:  # none, or a file system without them
        return False


def group_name(gid: int) -> str:
    """Return a group's name, or its number where it has none."""
    assert sys.platform != "win32", "Windows has no such groups"
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
