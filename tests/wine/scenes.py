"""What a store's Windows PC does to the service, one scene each, in the order in which they are played."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.service.windows_browsers import BROWSERS, NOTES, POLICIES, allow
from agent.service.windows_service import WindowsService
from agent.update.machine import on_windows
from tests.wine.as_system import between, cut_short, elsewhere, errands
from tests.wine.pc import PROGRAM, WAIT_S, must, say, until
from tests.wine.planted import planted

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.wine.pc import Pc

LISTED = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillopen"
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\Stillopen"
APPS = r"HKLM\Software\Microsoft\Windows\CurrentVersion\App Paths"
LIMITS = {"ready_s": 60, "alive_s": 5, "stop_s": 5, "trial_s": 4}
NOT_HERE, WENT_BACK, BAD_FILE, WAITING = 3, 4, 6, 7


def install(pc: Pc, setups: Mapping[str, Path]) -> None:
    """Install on a bare PC: a service that sells, starts with the PC, and is listed among the programs."""
    pc.misbehave("slow-1.0.0")
    setup = pc.begin([str(setups["1.0.0"]), "/S"])
    until(lambda: "began" in pc.said("lives.txt") or setup.poll() is not None, "the first life of the agent")
    must(setup.poll() is None, f"the setup ended with {setup.returncode} before the agent was ready")
    must(pc.manager_says() == "START_PENDING", f"it is {pc.manager_says()} before the agent is ready")
    pc.behave()
    must(setup.wait(WAIT_S) == 0, f"the setup ended with {setup.returncode}")
    found = pc.status()
    must(found["state"] == "active" and found["starts"] == "1" and found["ready"] == "1", f"the host says {found}")
    must(found["said"] == "Selling at http://localhost:8750/, version 1.0.0", f"the host says {found}")
    must(pc.manager_says() == "RUNNING", pc.manager_says())
    must(pc.registry(LISTED, "DisplayVersion") == "1.0.0", "it is not listed among the programs")
    must(pc.registry(SERVICE, "ObjectName") == r"NT SERVICE\Stillopen", pc.registry(SERVICE, "ObjectName"))
    must((pc.program / "1.0.0/program/where $INSTDIR is.txt").read_text() == "1.0.0", "a file is not as it was packed")
    must(not _trusted(pc), "a setup that was built with no root of trust brought one")
    pc.host("stop")
    pc.limits(**LIMITS)
    must(pc.host("start").returncode == 0, "it does not start again")
    say("installed by /S: running once it is ready, with the PC, as NT SERVICE\\Stillopen, and listed")


def words(pc: Pc, _: Mapping[str, Path]) -> None:
    """The command line hands on its words and the exit code."""
    done = pc.run([rf"{PROGRAM}\stillopen.exe", "echo", "a b", 'c"d', "e\\", ""])
    must(done.returncode == 42, f"it ended with {done.returncode}: {done.stdout}{done.stderr}")
    must(done.stdout.strip() == '[a b][c"d][e\\][]', done.stdout)
    say("stillopen.exe hands on words with spaces and quotes, and the exit code")


def crash(pc: Pc, _: Mapping[str, Path]) -> None:
    """An agent that ends is started again; why is in the log."""
    _lives_again(pc, "crash.now")
    must("ended with code 7" in pc.said(), pc.said())
    done = pc.host("start")
    must(done.returncode == 0, f"`start` of what sells again says {done.returncode}: {done.stderr}")
    say("a crash: started again, with the exit code and the last words in host.log; `start` finds it well")


def hang(pc: Pc, _: Mapping[str, Path]) -> None:
    """An agent that gives no sign of life is killed and started again."""
    _lives_again(pc, "hang.now")
    must("gave no sign of life for 5 s: killed" in pc.said(), pc.said())
    say("a hang: killed after alive_s, and started again")


def again(pc: Pc, _: Mapping[str, Path]) -> None:
    """An agent that ends by itself with 0 wants to be started again, and has not failed."""
    _lives_again(pc, "again.now")
    must("ended, to be started again" in pc.said(), pc.said())
    say("an end with 0: started again at once, and no failure")


def _lives_again(pc: Pc, how: str) -> None:
    before = pc.said("lives.txt").count("began")
    pc.misbehave(how)
    until(lambda: pc.said("lives.txt").count("began") > before and pc.status()["ready"] == "1", f"another life: {how}")


def deaf(pc: Pc, _: Mapping[str, Path]) -> None:
    """An agent that does not end when it is asked is killed."""
    pc.misbehave("deaf.now")
    must(pc.host("stop").returncode == 0, "it does not stop")
    must(pc.manager_says() == "STOPPED" and "did not stop in 5 s: killed" in pc.said(), pc.said())
    pc.behave()
    must(pc.host("start").returncode == 0, "it does not start again")
    must(pc.host("stop").returncode == 0, "it does not stop")
    must("ended as asked" in pc.said("lives.txt"), "an agent that listens was not asked")
    must(pc.host("start").returncode == 0, "it does not start again")
    say("stop: asked by the end of stdin; what is deaf is killed after stop_s")


def orphan(pc: Pc, _: Mapping[str, Path]) -> None:
    """A host that is killed takes the agent along; the state folder is free for the next."""
    pc.run(["taskkill", "/f", "/im", "stillopen-service.exe"])
    until(lambda: not any("python.exe" in one for one in pc.processes()), "the agent to end with its host")
    must(pc.host("start").returncode == 0, "it does not start again")
    say("the host killed: the agent ends with it (Windows starting the host again is not seen: wine does not notice)")


def gives_up(pc: Pc, _: Mapping[str, Path]) -> None:
    """What never gets well is left to the service manager, with an error that it takes for a failure."""
    pc.host("stop")
    pc.limits(failures_max=2)
    pc.misbehave("sick-1.0.0")
    done = pc.host("start")
    must(done.returncode == 1 and "is not well" in done.stderr, f"start says {done.returncode}: {done.stderr}")
    until(lambda: pc.manager_says() == "STOPPED", "the host to give up")
    must("2 failures within an hour" in pc.said(), pc.said())
    must("the journal cannot be read next: stillopen journal verify" in pc.said(), "its last words are not in the log")
    pc.behave()
    pc.limits(failures_max=30)
    must(pc.host("start").returncode == 0, "it does not start again")
    say("two failures: the host gives up with an error of its own, and says what the agent said last")


def upgrade(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A newer version over the older: one stop, the older kept beside it, the records where they were."""
    sold = pc.said("journal.txt")
    must(_setup(pc, setups["1.1.0"]) == 0, pc.said("../setup.log"))
    found = pc.status()
    must(found["version"] == found["runs"] == "1.1.0" and found["previous"] == "1.0.0", f"the host says {found}")
    must(found["trial"] == "0" and "1.1.0 has been well for" in pc.said(), "it was not on trial")
    must((pc.program / "1.0.0/stillopen.py").exists(), "the version before is gone")
    must(pc.said("journal.txt").startswith(sold), "records are gone")
    must(_trusted(pc) == "1.1.0", "its root of trust is not where updates look for it")
    say("1.1.0 over 1.0.0: on trial, well, in force; 1.0.0 kept; the records are there; its root of trust, too")


def not_here(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A version that does not run on this PC changes nothing: the one that sells is not even stopped."""
    lives = pc.said("lives.txt")
    pc.misbehave("broken-1.2.0")
    must(_setup(pc, setups["1.2.0"]) == NOT_HERE, pc.said("../setup.log"))
    pc.behave()
    must(pc.said("lives.txt") == lives and pc.sells("1.1.0"), "what sold was stopped for it")
    must(not list(pc.program.glob("1.2.0*")), "it left its files")
    must({"1.0.0", "1.1.0", "service.ini"} <= {file.name for file in pc.program.iterdir()}, "it took others along")
    must(_trusted(pc) == "1.1.0", "it left its root of trust")
    say("a version that does not run here: exit 3, and 1.1.0 sold on")


def sick(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A version that ends before it is ready, or in its first minute, goes back by itself."""
    pc.misbehave("sick-1.2.0")
    must(_setup(pc, setups["1.2.0"]) == WENT_BACK, pc.said("../setup.log"))
    pc.behave()
    must(pc.sells("1.1.0") and not (pc.program / "1.2.0").exists(), f"{pc.status()}")
    setup = pc.begin([str(setups["1.2.0"]), "/S"])
    until(lambda: pc.sells("1.2.0"), "1.2.0 on trial")
    pc.misbehave("crash.now")
    must(setup.wait(WAIT_S) == WENT_BACK, pc.said("../setup.log"))
    must(pc.sells("1.1.0") and pc.status()["version"] == "1.1.0", f"{pc.status()}")
    must(_trusted(pc) == "1.1.0", "it left its root of trust")
    say("a version that is sick, at once or within its trial: exit 4, and 1.1.0 is in force again")


def power_cut(pc: Pc, setups: Mapping[str, Path]) -> None:
    """The power goes while a version is on trial, and it does not come up after: the one before does."""
    setup = pc.begin([str(setups["1.2.0"]), "/S"])
    until(lambda: pc.sells("1.2.0"), "1.2.0 on trial")
    pc.misbehave("sick-1.2.0")
    pc.cut_the_power()
    setup.wait(WAIT_S)
    pc.boot()
    until(lambda: pc.sells("1.1.0"), "the version before")
    must("1.2.0 is not well: going back to 1.1.0" in pc.said(), pc.said())
    pc.behave()
    must(pc.host("use", "1.1.0").returncode == 0 and pc.status()["version"] == "1.1.0", f"{pc.status()}")
    say("the power cut in a trial: Windows starts the service, and the host goes back to 1.1.0")


def back(pc: Pc, _: Mapping[str, Path]) -> None:
    """Another version is put in force by hand."""
    must(pc.host("use", "1.0.0").returncode == 0 and pc.sells("1.0.0"), f"{pc.status()}")
    must(pc.host("use", "9.9.9").returncode == 2, "a version that is not there")
    must(pc.host("use", r"..\1.0.0").returncode == 2, "a path is no version")
    must(pc.host("use", "1.1.0").returncode == 0 and pc.sells("1.1.0"), f"{pc.status()}")
    say("use 1.0.0 and back: each on trial; what is not there is refused")


def provision(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A provisioning file makes the lane; one that is wrong changes nothing."""
    file = pc.data.parent / "lane.toml"
    file.write_text("# wrong\n")
    must(_setup(pc, setups["1.1.0"], rf"/PROVISION=C:\ProgramData\{file.name}") == BAD_FILE, pc.said("../setup.log"))
    must(pc.sells("1.1.0") and (pc.data / "stillopen.toml").read_text() == "# first\n", "it changed something")
    must("What it said: the configuration cannot be used" in pc.said("../setup.log"), "it does not say why")
    file.write_text("# this lane\n")
    must(_setup(pc, setups["1.1.0"], rf"/PROVISION=C:\ProgramData\{file.name}") == 0, pc.said("../setup.log"))
    must((pc.data / "stillopen.toml").read_text() == "# this lane\n", "it is not this lane")
    must(pc.sells("1.1.0.2"), "the same version again is a folder of its own")
    file.write_text("# of a version that is sick\n")
    pc.misbehave("sick-1.2.0")
    must(_setup(pc, setups["1.2.0"], rf"/PROVISION=C:\ProgramData\{file.name}") == WENT_BACK, pc.said("../setup.log"))
    pc.behave()
    must((pc.data / "stillopen.toml").read_text() == "# this lane\n", "the version before sells by another's lane")
    must(pc.sells("1.1.0.2") and not (pc.data / "stillopen.toml.setup").exists(), f"{pc.status()}")
    say("/PROVISION: a wrong file is exit 6 with nothing changed; a right one is in force, and goes with its version")


def kiosk(pc: Pc, setups: Mapping[str, Path]) -> None:
    """The till's page over the whole screen, from the desktop and whenever somebody logs on."""
    pc.run(["reg", "add", rf"{APPS}\msedge.exe", "/ve", "/t", "REG_SZ", "/d", r"C:\Edge\msedge.exe", "/f"])
    must(_setup(pc, setups["1.1.0"], "/KIOSK") == 0, pc.said("../setup.log"))
    links = [file for file in pc.data.parent.parent.rglob("Stillopen till.lnk") if file.is_file()]
    must(len(links) >= 3, f"the shortcuts are {links}")
    config = pc.data / "stillopen.toml"
    before = config.read_text()
    for text, port in ((before, 8750), ("port = 8760\n", 8760), (before, 8750)):
        config.write_text(text)
        pc.host("errands")
        for link in links:
            found = link.read_bytes().decode("utf-16-le", "ignore") + link.read_bytes()[1:].decode(
                "utf-16-le", "ignore"
            )
            must("--kiosk" in found and f"--app=http://localhost:{port}/" in found, f"{link} does not open {port}")
    say("/KIOSK: the till's page in Edge's kiosk, on the desktop, in the start menu and at log-on; and on another port")


def browsers(pc: Pc, _: Mapping[str, Path]) -> None:
    """What the agent does on Windows, on wine's registry: the store's own front ends are let in, and out again."""
    theirs = rf"{BROWSERS['Edge']}\{POLICIES[1]}"
    pc.run(["reg", "add", theirs, "/v", "1", "/t", "REG_SZ", "/d", "https://theirs.example", "/f"])
    allow(["https://pos.example.com"], run=pc.run)
    must(pc.registry(theirs, "2") == "https://pos.example.com", "the origin is not on Edge's list")
    must(pc.registry(rf"{BROWSERS['Chrome']}\{POLICIES[0]}", "1") == "https://pos.example.com", "nor on Chrome's")
    must(not allow(["https://pos.example.com"], run=pc.run), "twice is not once")
    allow([], run=pc.run)
    must(pc.registry(theirs, "1") == "https://theirs.example", "somebody else's entry is gone")
    must(not pc.registry(theirs, "2"), "ours is still there")
    must(not pc.registry(rf"{NOTES}\Edge\{POLICIES[1]}", "2"), "its note is still there")
    service = WindowsService(pc.program, pc.data / "stillopen.toml", pc.state, run=_by_windows_path(pc))
    found = service.status()
    must(found.state == "active" and found.starts_by_itself and found.said.startswith("Selling at"), f"{found}")
    say("browsers: our origins on Chrome's and Edge's lists and off again, others' left; `status` reads the host")


def _by_windows_path(pc: Pc) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run what the agent names by the path that this machine has for it."""
    return lambda command: pc.run([command[0].replace(str(pc.program), PROGRAM).replace("/", "\\"), *command[1:]])


def refusal(pc: Pc, _: Mapping[str, Path]) -> None:
    """Removal is refused while records wait; with a file for them it goes, and leaves the store's folder."""
    pc.misbehave("waiting.now")
    must(pc.remove() == WAITING, pc.said("../setup.log"))
    must(
        pc.status()["ready"] == "1" and "3 for books" in pc.said("../setup.log"), "it was removed, or does not say why"
    )
    must(pc.remove("/EXPORT=waiting.jsonl") == WAITING, "a file with no folder is in none that is looked in")
    must("with its drive: /EXPORT=" in pc.said("../setup.log"), pc.said("../setup.log"))
    must(pc.remove(rf"/EXPORT=C:\waiting.jsonl", "/PURGE") == 0, pc.said("../setup.log"))  # noqa: F541 - a path
    must(pc.manager_says() == "" and not pc.registry(LISTED, "DisplayVersion"), "the service is still there")
    must(not list(pc.program.glob("*/stillopen.py")), "its files are still there")
    say("removal: refused while records wait (exit 7); /EXPORT writes them to a file, and it goes")


def purge(pc: Pc, setups: Mapping[str, Path]) -> None:
    """Installed anew and removed with /PURGE, nothing is left; without, the store's folder."""
    must(_setup(pc, setups["1.0.0"]) == 0, pc.said("../setup.log"))
    must(pc.remove() == 0, pc.said("../setup.log"))
    must((pc.data / "stillopen.toml").exists(), "the store's folder is gone")
    must(_setup(pc, setups["1.0.0"]) == 0, pc.said("../setup.log"))
    must(pc.remove("/PURGE") == 0, "it could not be removed")
    must(not pc.data.exists() and not list(pc.program.glob("*/stillopen.py")), "something is left")
    say("removed: the store's folder stays; with /PURGE nothing does")


def trust(pc: Pc, setups: Mapping[str, Path]) -> None:
    """A root of trust goes over the one before as a whole; a setup that was built with none leaves what is there."""
    must(_setup(pc, setups["1.2.0"]) == 0 and _trusted(pc) == "1.2.0", "the newer root is not there")
    must(_setup(pc, setups["1.0.0"]) == 0 and _trusted(pc) == "1.2.0", "a setup with none took it away")
    must(not list(pc.program.glob("*.json.new")), "half a root is left")
    say("the root of trust: the newer over the older; a setup that was built with none leaves it")


def _trusted(pc: Pc) -> str:
    """Return whose root of trust is where an update looks for it; empty where there is none."""
    file = on_windows(pc.program.parent).trusted
    return str(json.loads(file.read_text(encoding="utf-8"))["of"]) if file.exists() else ""


def _setup(pc: Pc, setup: Path, *words: str) -> int:
    return pc.run([str(setup), "/S", *words]).returncode


SCENES: Mapping[str, Callable[[Pc, Mapping[str, Path]], None]] = MappingProxyType(
    {
        scene.__name__: scene
        for scene in (
            install, words, crash, hang, again, deaf, orphan, gives_up, upgrade, not_here, sick, power_cut, back,
            provision, kiosk, browsers, trust, errands, elsewhere, between, cut_short, refusal, purge,
            planted,
        )
    }
)  # fmt: skip
