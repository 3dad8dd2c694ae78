"""How long a drawer with a port of its own is given for what, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrawerTiming:
    """Every wait of a drawer's session. The defaults are for one with its own power; simulators are quicker."""

    charge_s: float = 0.0  # after the port was opened, before the first opening
    recharge_s: float = 0.6  # between two openings: a solenoid is rated for a fifth of the time
    life_s: float = 2.0  # a drawer that opens later than that opens behind somebody's back
    stall_s: float = 1.0  # for a port to take the command, which is a few bytes
    edge_s: float = 1.0  # from the command to the switch: 50 ms of pulse, 200 ms of travel
    glance_s: float = 0.05  # between two looks at the switch while it is expected to move
    poll_s: float = 0.5  # between two looks at any other time: nobody counts money sooner
    reply_s: float = 0.5  # for the answer to a question; drawers that answer do so within 0.1


OWN_POWER = DrawerTiming()

# A drawer fed by DTR and RTS charges a capacitor from them: APG's guide to its 484A says 12 s and 6 s.
PORT_POWER = DrawerTiming(charge_s=12.0, recharge_s=6.0)
