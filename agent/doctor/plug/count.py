"""How far a trial got, as it is kept outside the disk under test: the value, and its lines in a file.

A file on a stick goes through the power cut as well, and what is behind its end then may be an older file's.
So each line carries a tag that no line of another file or another trial has, and numbers go up by one:

    stillopen count 9f3c61d20b7a4e58           the file, by a random name
    begin KXQR 6a0e... lane-1 1b2c3d4e         a trial, which start of a machine it ran in, and which machine
    1 77aa0012
    end KXQR 5d5d5d5d                          it is done with: ended in order, or compared
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace

TRIAL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which a photo turns into 1 and 0
TRIAL_CHARS = 4
WORD_CHARS_MAX = 64  # a start of a machine, a UUID of 36; a machine's name, at most 63

_HEADING = b"stillopen count "
_FILE_ID = re.compile(rb"[0-9a-f]{16}")
_TRIAL = re.compile(f"[{TRIAL_LETTERS}]{{{TRIAL_CHARS}}}")
_WORD = re.compile(rf"[0-9a-zA-Z.-]{{1,{WORD_CHARS_MAX}}}")
_SEEN = re.compile(rf"\s*([A-Za-z]{{{TRIAL_CHARS}}})[\s:-]*([0-9][0-9,.' _]*)")


@dataclass(frozen=True, slots=True)
class Count:
    """A trial, the highest number acknowledged in it, and how it ended as far as the counter knows."""

    trial: str
    number: int = 0
    boot: str | None = None  # which start of the machine under test; None where nobody wrote it down
    machine: str | None = None  # likewise
    ended: bool = False  # in order and not by a power cut, or it was compared since


def is_trial(text: str) -> bool:
    """Say whether this is how trials are called."""
    return _TRIAL.fullmatch(text) is not None


def is_word(text: str) -> bool:
    """Say whether this can name a start of a machine, or a machine."""
    return _WORD.fullmatch(text) is not None


def machine_name(node: str) -> str:
    """Return a machine's name as it is counted under."""
    return re.sub(r"[^0-9a-zA-Z.-]", "-", node)[:WORD_CHARS_MAX] or "unnamed"


def newest(counts: list[Count]) -> Count | None:
    """Return the last trial in which anything was acknowledged, or None."""
    return next((count for count in reversed(counts) if count.number), None)


def seen(text: str) -> Count | None:
    """Read what a person copied from the screen (`KXQR 12,345`); None where it is not that."""
    found = _SEEN.fullmatch(text)
    if found is None or not is_trial(found[1].upper()):
        return None
    return Count(found[1].upper(), int(re.sub(r"[^0-9]", "", found[2])))


# --- the lines of a file ---


def heading(file_id: str) -> bytes:
    """Return the first line of a file; `file_id` is 16 hexadecimal digits drawn at random."""
    return _HEADING + file_id.encode() + b"\n"


def begun(file_id: str, trial: str, boot: str, machine: str) -> bytes:
    """Return the line that opens a trial, on a line of its own whatever the file ends with."""
    return b"\n" + _tagged(file_id, trial, f"begin {trial} {boot} {machine}")


def acknowledged(file_id: str, trial: str, first: int, last: int) -> bytes:
    """Return the lines of the numbers from `first` to `last`."""
    return b"".join(_tagged(file_id, trial, str(number)) for number in range(first, last + 1))


def ended(file_id: str, trial: str) -> bytes:
    """Return the line that says that a trial is done with."""
    return _tagged(file_id, trial, f"end {trial}")


def file_id_of(content: bytes) -> str | None:
    """Return the name in a file's first line; None where this is no such file."""
    line, _, _ = content.partition(b"\n")
    name = line.removeprefix(_HEADING)
    return name.decode() if line.startswith(_HEADING) and _FILE_ID.fullmatch(name) else None


def read(content: bytes) -> list[Count]:
    """Return a file's trials, oldest first. A trial's numbers end with the first line that does not hold."""
    file_id = file_id_of(content)
    if file_id is None:
        return []
    counts: dict[str, Count] = {}
    now: Count | None = None  # the trial whose numbers go on
    for line in content.split(b"\n")[1:-1]:  # what has no end of line was not written whole
        text, _, _ = line.decode("ascii", "replace").rpartition(" ")
        if now is not None and line == _tagged(file_id, now.trial, str(now.number + 1))[:-1]:
            now = counts[now.trial] = replace(now, number=now.number + 1)
            continue
        match text.split(" "):
            case ["begin", trial, boot, machine] if line == _tagged(file_id, trial, text)[:-1]:
                now = counts[trial] = Count(trial, 0, boot, machine)
            case ["end", trial] if trial in counts and line == _tagged(file_id, trial, text)[:-1]:
                now, counts[trial] = None, replace(counts[trial], ended=True)
            case _ if line:
                now = None
    return list(counts.values())


def _tagged(file_id: str, trial: str, text: str) -> bytes:
    tag = zlib.crc32(f"{file_id} {trial} {text}".encode())
    return f"{text} {tag:08x}\n".encode()
