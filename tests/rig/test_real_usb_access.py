"""Who may open a printer on a real machine: a plain user, with what our hints say; and an agent after a killed one."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers.ports.open import open_port
from tests.rig.conftest import Plug, lp_nodes
from tests.rig.gadget import PATIENCE_S, PRODUCT, VENDOR, run, until

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = f"usb://{VENDOR}:{PRODUCT}"
USER = "till"
RULES = Path("/etc/udev/rules.d/70-stillopen.rules")
LINE = b"from a plain user\n"
WRITES = f"""
import asyncio, sys
from drivers.errors import DeviceError
from drivers.ports.open import open_port

async def main(url):
    try:
        port = await open_port(url)
    except DeviceError as error:
        print(error, error.hint, sep="|")
        return
    await port.write({LINE!r}, timeout_s=30.0)
    print("written", flush=True)
    if len(sys.argv) > 2:
        await asyncio.sleep(600)
    await port.close()

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def user() -> Iterator[str]:
    """Return a user of this machine in no group but his own."""
    subprocess.run(["useradd", "--user-group", USER], check=True)
    yield USER
    subprocess.run(["userdel", USER], check=True)
    RULES.unlink(missing_ok=True)
    subprocess.run(["udevadm", "control", "--reload"], check=True)


async def write_as(user: str, url: str) -> str:
    """Let a user open a port and write a line; return what he was told."""
    return (await run("runuser", "-u", user, "--", sys.executable, "-c", WRITES, url)).strip()


async def test_the_udev_rule_of_the_hint_lets_a_plain_user_print(plug: Plug, user: str) -> None:
    gadget = await plug("receipt", "TM-0001")
    refused, hint = (await write_as(user, URL)).split("|")
    assert refused == f"{URL}: no permission to open it"
    told = re.fullmatch(
        r"Put (.+) into (/etc/udev/rules\.d/\S+\.rules), add the agent's user to the group (\w+),"
        r" run `sudo (.+)`, and plug the printer in again\.",
        hint,
    )
    assert told, hint
    rule, file, group, command = told.groups()
    assert Path(file) == RULES
    RULES.write_text(f"{rule}\n")
    await run("usermod", "-aG", group, user)
    await run(*command.split())
    await gadget.unplug()
    await gadget.plug()
    await until(lp_nodes, "usblp to take the printer")
    await run("udevadm", "settle")
    assert await write_as(user, URL) == "written"
    await gadget.has(LINE)
    await until(lp_nodes, "usblp to have its printer back")


async def test_the_group_of_the_hint_lets_a_plain_user_print_through_usblp(plug: Plug, user: str) -> None:
    gadget = await plug("receipt", "TM-0001")
    await run("udevadm", "settle")
    url = f"file://{lp_nodes()[0]}"
    refused, hint = (await write_as(user, url)).split("|")
    assert "no permission" in refused
    told = re.search(r": sudo (usermod -aG \w+ \w+),", hint)
    assert told, hint
    await run(*told[1].split())
    assert await write_as(user, url) == "written"
    await gadget.has(LINE)


async def test_a_printer_whose_agent_was_killed_opens_again(plug: Plug) -> None:
    gadget = await plug("receipt", "TM-0001")
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITES, URL, "stay", stdout=subprocess.PIPE)
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"written\n"
    killed.kill()
    await killed.wait()
    assert not lp_nodes()  # nobody was left to give it back to usblp
    port = await open_port(URL)
    await port.write(LINE, timeout_s=PATIENCE_S)
    await gadget.has(LINE * 2)
    await port.close()
