"""The set-up page of a store that is set up: as it is, with what would change, refused, and with a device tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.looks.stage import Stage

READY = "!!document.querySelector('[data-key=setup-save]') && document.querySelectorAll('[data-device]').length === 4"


async def setup(stage: Stage) -> None:
    await stage.load("setup", ready=READY)


async def setup_changes(stage: Stage) -> None:
    """A name, a printer on the network and another till, shown before they are saved."""
    await setup(stage)
    await stage.write("setup-name", "Kräuterladen am Waldrand")
    await stage.write("setup-address", "192.0.2.9")
    await stage.page.click("[data-key=setup-address-use]")
    await stage.page.click("[data-key=setup-till-add]")
    await stage.page.click("[data-key=setup-show]")
    await stage.there(".setup-saves .config-lines")


async def setup_refused(stage: Stage) -> None:
    await setup(stage)
    await stage.write("setup-currency", "EURO")
    await stage.page.click("[data-key=setup-save]")
    await stage.there(".setup-wrong")


async def setup_tried(stage: Stage) -> None:
    """A test receipt to be judged, and a scanner that waits for something to read."""
    await setup(stage)
    await stage.page.click("[data-key=try-receipt]")
    await stage.there("[data-key=yes-receipt]")
    await stage.page.click("[data-key=try-counter]")
    await stage.there("[data-device=counter] .device-said")


SETTING_UP = (setup, setup_changes, setup_refused, setup_tried)
