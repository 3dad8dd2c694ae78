"""What is done as SYSTEM for the agent, whose account may not: its wishes, the browsers, and an update cut short."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from agent.service.windows_service import ERRANDS
from agent.service.windows_service import errands as task_of_errands
from agent.service.windows_task import definition
from agent.update.windows import NOT_STARTED
from tests.wine.pc import PROGRAM, WAIT_S, must, say, until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.wine.pc import Pc


def errands(pc: Pc, _: Mapping[str, Path]) -> None:
    """What SYSTEM's task does for the agent: each wish once, a changed configuration once, and never two at once."""
    _put_and_take_away(pc)
    pc.host("errands")
    done = _errands(pc)
    pc.host("errands")
    must(_errands(pc) == done, f"with nothing to do it did {_errands(pc)}")
    for word in ("stage", "apply", "back", "format c:"):
        _ask(pc, word)
        pc.host("errands")
        must(not (pc.state / "update/asked").exists(), f"{word!r} is still asked for")
    must(_errands(pc)[len(done) :] == ["work stage", "work apply", "work back"], f"{_errands(pc)}")
    must("work back" in (pc.program / "update/errand.log").read_text(), "what was said is not kept")
    done = _errands(pc)
    for text, count in (("# new\n", 1), ("# wrong again\n", 1), ("# not now, but later\n", 2)):
        (pc.data / "stillopen.toml").write_text(text)
        pc.host("errands")
        pc.host("errands")
        done += ["follow"] * count
        must(_errands(pc) == done, f"after {text!r}: {_errands(pc)}")
    (pc.data / "stillopen.toml").write_text("# as it was\n")
    pc.host("errands")
    say("errands: each of the agent's three words once, and no other; a configuration followed once it has changed")


def elsewhere(pc: Pc, _: Mapping[str, Path]) -> None:
    """Nothing that the agent's account lays in its folder has SYSTEM take away a file of somebody else's."""
    done = _errands(pc)
    theirs = pc.data.parent / "theirs"
    theirs.mkdir()
    (theirs / "asked").write_text("apply")
    _ask(pc, "apply")
    (pc.state / "update/asked").unlink()
    (pc.state / "update/asked").hardlink_to(theirs / "asked")
    pc.host("errands")
    must(_errands(pc) == done and (theirs / "asked").read_text() == "apply", "a second name of a file was believed")
    shutil.rmtree(pc.state / "update")
    (pc.state / "update").symlink_to(
        theirs
    )  # for wine it is what a junction is for Windows: a folder that is elsewhere
    pc.host("errands")
    must(_errands(pc) == done, "a folder that is elsewhere was believed")
    must((theirs / "asked").exists(), "a file was taken away where another folder led to")
    (pc.state / "update").unlink()
    say("a file's second name and a folder that leads elsewhere: not believed, and nothing there is taken away")


def between(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A setup waits for an errand, and keeps the next one away; the trial of a version has the service's rights."""
    pc.misbehave("beside.now")
    _ask(pc, "apply")
    errand = pc.begin([rf"{PROGRAM}\stillopen-service.exe", "errands"])
    until(lambda: _errands(pc)[-1:] == ["work apply"], "the errand to begin")
    _ask(pc, "back")
    must(pc.host("errands").returncode == 0 and _errands(pc)[-1] == "work apply", "two errands at once")
    setup = pc.begin([str(setups["1.1.0"]), "/S"])
    until(lambda: "under way: it is waited for" in pc.said("../setup.log"), "the setup to wait")
    lives = pc.said("lives.txt")
    pc.behave()
    must(errand.wait(WAIT_S) == 0 and setup.wait(WAIT_S) == 0, pc.said("../setup.log"))
    must(pc.said("lives.txt") != lives, "the setup did not go on")
    pc.host("errands")
    must("work back" in _errands(pc), "what was asked for meanwhile is forgotten")
    python = rf"{PROGRAM}\{pc.status()['version']}\python\python.exe"
    words = [python, rf"{PROGRAM}\1.1.0\stillopen.py", "echo", "a b"]
    done = pc.host("as-service", *words)
    must((done.returncode, done.stdout.strip()) == (42, "[a b]"), f"{done.returncode}: {done.stdout}{done.stderr}")
    pc.host("stop")
    done = pc.host("as-service", *words)
    must(done.returncode == NOT_STARTED and "does not run" in done.stderr, f"{done.returncode}: {done.stderr}")
    must(pc.host("start").returncode == 0, "it does not start again")
    say("a setup waits for an errand; what is run as the service has its words, its answer and its exit code")


def cut_short(pc: Pc, setups: Mapping[str, Path]) -> None:
    """The power goes while an update's version is on trial: the one before opens the store, and is then named."""
    must(pc.run([str(setups["1.2.0"]), "/S"]).returncode == 0, pc.said("../setup.log"))
    before = pc.status()["previous"]
    must(pc.host("use", before).returncode == 0, f"{pc.status()}")
    (pc.program / "update").mkdir(exist_ok=True)
    (pc.program / "update/under-way.json").write_text("{}")
    use = pc.begin([rf"{PROGRAM}\stillopen-service.exe", "use", "1.2.0"])
    until(lambda: pc.sells("1.2.0"), "1.2.0 on trial")
    pc.cut_the_power()
    use.wait(WAIT_S)
    lives = pc.said("lives.txt").count("1.2.0 began")
    pc.boot()
    until(lambda: pc.sells(before), "the version before")
    must(pc.said("lives.txt").count("1.2.0 began") == lives, "what was cut short was tried again")
    must(f"an update to 1.2.0 was cut short: {before} runs" in pc.said(), pc.said())
    pc.host("errands")
    must(_errands(pc)[-1] == "recover", f"{_errands(pc)}")
    sold = pc.said("lives.txt")
    must(pc.host("use", before).returncode == 0 and pc.status()["version"] == before, f"{pc.status()}")
    must(pc.said("lives.txt") == sold and pc.sells(before), "the store was closed for a name")
    say("an update cut short by the power: the one before opens the store, and is named again without closing it")


def _put_and_take_away(pc: Pc) -> None:
    """Have wine's scheduler read the task as the agent gives it. It runs none, and knows few of its words."""
    file = pc.data.parent / "task.xml"
    file.write_text(definition(task_of_errands(rf"{PROGRAM}\stillopen-service.exe")), encoding="utf-16")
    words = ["schtasks", "/Create", "/F", "/TN", ERRANDS, "/XML", rf"C:\ProgramData\{file.name}"]
    for command in (words, ["schtasks", "/Delete", "/F", "/TN", ERRANDS]):
        done = pc.run(command)
        must(done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")


def _errands(pc: Pc) -> list[str]:
    """Return what was done as SYSTEM, in order."""
    return [line.partition(" ")[2] for line in pc.said("errands.txt").splitlines()]


def _ask(pc: Pc, word: str) -> None:
    (pc.state / "update").mkdir(exist_ok=True)
    (pc.state / "update/asked").write_text(word)
