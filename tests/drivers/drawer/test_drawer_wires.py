"""The drawers' conformance suite where threads and sockets are: over a simulated HID bus, and RFC 2217."""

from __future__ import annotations

import pytest

from drivers.printer.outcome import KickResult
from tests.drivers.drawer.rigs import running

# The very same tests as on the bench: `kind` below is what makes them run over HID.
from tests.drivers.drawer.test_drawer_conformance import (  # noqa: F401 - collected here once more
    test_a_cable_pulled_in_mid_command_is_never_called_opened_unless_it_was,
    test_a_switch_that_always_says_the_same_cannot_be_taught,
    test_it_is_taught_opens_once_and_its_position_is_told,
    test_one_left_open_is_told_of_until_it_is_closed,
    test_one_that_does_not_move_is_told_once_and_reported,
    test_one_that_is_not_there_is_not_opened_and_nothing_comes_later,
    test_one_that_is_open_already_says_so,
    test_one_with_its_switch_the_other_way_round_is_taught_likewise,
    test_over_a_wire_that_loses_bytes_every_opening_is_told_at_most_once,
    test_two_presses_are_two_openings_in_turn,
)


@pytest.fixture
def kind() -> str:
    return "hid"


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's, of its own thread
async def test_one_on_a_device_server_is_taught_and_opens_once() -> None:
    async with running("server") as rig:
        await rig.teach()
        assert (await rig.drawer.open("a test")).result is KickResult.OPENED
        assert rig.told == 1
        assert rig.box.is_open
