"""A tty that goes in the very moment it is opened is not there: pyserial lets an error out that is no `OSError`."""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

import pytest

from drivers.errors import PortUnavailable
from drivers.ports.open import open_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")


async def test_a_tty_that_goes_while_it_is_set_up_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    import termios

    def gone(*_: object) -> NoReturn:
        raise termios.error(errno.EIO, "Input/output error")

    host, device = os.openpty()
    name = os.ttyname(device)
    monkeypatch.setattr(termios, "tcsetattr", gone)
    with pytest.raises(PortUnavailable) as refused:
        await open_port(f"serial://{name}")
    assert refused.value.hint
    os.close(device)
    os.close(host)
