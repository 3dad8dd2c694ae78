"""What the trial says to the person who pulls the plug: pure, like the verdicts it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.doctor.plug.verdict import Outcome

if TYPE_CHECKING:
    from agent.doctor.plug.count import Count
    from agent.doctor.plug.disks import Disk
    from agent.doctor.plug.verdict import Sums, Verdict


def instructions(after: str, counter: str | None, disk: str | None, minutes: float) -> str:
    """Return what to do, in the order to do it. `after` is the command for afterwards."""
    screen = (
        "\nThe screen is the only counter, which is the weakest: it shows some sales too few, and a disk that loses\n"
        "only those few is not found out. A USB stick (--counter FILE) or another machine (--counter HOST:PORT) is "
        "better.\n"
    )
    lines = [
        f"This sells into test journals on the store's own disk{f' ({disk})' if disk else ''}, as fast as it goes.",
        "The store's own journal is not touched, and the agent may go on running.",
        screen if counter is None else f"Every sale that this disk acknowledged is counted at {counter}.\n",
        "What to do now:",
        "  1. Wait until numbers go up here.",
        *(["     Film the screen from now on."] if counter is None else []),
        "  2. Pull the power cable out of the wall. Not the power button, and not 'shut down': both let the disk",
        "     finish. Take a laptop's battery out first. Leave no UPS in between.",
        "  3. Wait 10 seconds, plug it in, start the PC.",
        f"  4. Run: {after}",
        f"It ends by itself after {minutes:g} minutes, and then nothing is proved. Ctrl-C ends it too.",
        "",
    ]
    return "\n".join(lines)


def counting(host: str, port: int, secret: str) -> str:
    """Return what the counting machine shows before anything is counted."""
    return (
        f"Counting at {host}:{port} for another machine. On that one run\n\n"
        f"  stillopen doctor --pull-the-plug --counter {host}:{port}\n\n"
        f"and type this secret, then and after the cut:  {secret}\n\n"
        "Leave this running until the comparison is made. Ctrl-C ends it."
    )


def count_line(count: Count) -> str:
    """Return the count as the counting machine shows it."""
    return f"{count.trial} {count.number:,} acknowledged" + (" (done with)" if count.ended else "")


def count_json(count: Count) -> dict[str, Any]:
    """Return the same for a program."""
    return {"trial": count.trial, "acknowledged": count.number, "ended": count.ended}


def verdict_line(found: Verdict) -> str:
    """Return one cut's verdict."""
    more = f" ({found.under_way:,} more {'was' if found.under_way == 1 else 'were'} under way)"
    tail = more if found.under_way else ""
    if found.outcome is Outcome.HELD:
        return f"held: {found.acknowledged:,} acknowledged, {found.there:,} there{tail}"
    if found.outcome is Outcome.NOTHING:
        return f"nothing proved: {found.why}; {found.acknowledged:,} acknowledged, {found.there:,} there{tail}"
    return f"THIS DISK LOSES SALES: {found.acknowledged:,} acknowledged, {found.there:,} there, {found.lost:,} lost"


def trouble(found: Verdict, disk: Disk | None) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    if found.outcome is Outcome.NOTHING:
        return "nothing was proved", "start it again, and pull the plug out of the wall while the number goes up"
    what = f"the disk{f' {disk.title}' if disk and disk.title else ''} did not keep what it had said was safe"
    if found.why:
        what += f": {found.why}"
    name = disk.name if disk else None
    if name is None:
        off = (
            "its write cache off (Windows: Device Manager, the disk, Policies, 'Enable write caching' unticked and "
            "'Turn off Windows write-cache buffer flushing' unticked; Linux: hdparm -W0 on the disk)"
        )
    elif name.startswith("nvme"):
        off = f"its write cache off (nvme set-feature /dev/{name} --feature-id=6 --value=0)"
    else:
        off = f"its write cache off (hdparm -W0 /dev/{name}, and in /etc/hdparm.conf for the next starts)"
    cache = f" (it says: {disk.write_cache})" if disk and disk.write_cache else ""
    return what, (
        f"one after the other, each followed by this trial: {off}{cache}; a disk made for servers, with power-loss "
        "protection; a UPS that shuts this PC down in time. Sales that no cloud has yet are at risk until then"
    )


def as_json(told: Count, found: Verdict, disk: Disk | None, sums: Sums) -> dict[str, Any]:
    """Return a comparison for a program."""
    return {
        "outcome": str(found.outcome),
        "trial": told.trial,
        "acknowledged": found.acknowledged,
        "there": found.there,
        "lost": found.lost,
        "under_way": found.under_way,
        "why": found.why,
        "disk": disk and {"name": disk.name, "title": disk.title, "write_cache": disk.write_cache},
        "sums": sums.as_json(),
    }
