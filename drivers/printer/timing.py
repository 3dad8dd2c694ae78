"""How long a printer is given for what. Seconds, unless a name says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Every wait of a printer session. The defaults suit real printers; simulators are quicker."""

    reply_s: float = 0.5  # a real-time status: at once on every printer, and Epson's own figure is 0.2
    late_s: float = 5.0  # after that, an idle printer that has not answered is gone
    asb_s: float = 2.0  # the first automatic report after it was asked for
    wake_s: float = 1.0  # between two attempts to end a picture that an earlier program left unfinished
    wake_tries: int = 10  # 8 KB each: together more than the largest picture band any program sends
    settle_tries: int = 3  # 24 KB: the rest of a logo; at 9600 baud more would keep the till waiting a minute
    quiet_s: float = 1.0  # nothing owed to an earlier program came for so long: nothing will
    nuls_s: float = 9.0  # more of that after each attempt to end a picture: 8 KB at 9600 baud
    white_s: float = (
        3.0  # instead, once all of it has arrived: 8 KB of white on the narrowest logo, 12 cm at 5 cm a second
    )
    opening_s: float = 3.0  # an idle printer reaches the start fence at once; a slow cut takes a second
    stall_s: float = 2.0  # a port that took nothing for so long is looked at again
    end_s: float = 60.0  # a printer that says it is well, and prints at 15 cm a second, is long done
    person_s: float = 900.0  # somebody fetches a roll, serves a queue, closes the cover
    glance_s: float = 1.0  # between two looks at a printer that keeps a job waiting
    poll_s: float = 3.0  # an idle printer that sends no reports of its own
    heartbeat_s: float = 10.0  # one that does: a TCP printer switched off says nothing for hours
    flight_s: float = 0.1  # a report on its way, over the slowest network; nobody notices a drawer so much later
    edge_s: float = 1.0  # from the pulse to the drawer's switch: 50 ms of pulse, 200 ms of travel
    kick_life_s: float = 2.0  # a drawer that opens later than that opens behind somebody's back
    pulse_gap_s: float = 0.6  # between pulses: 20 % duty at the longer, real-time pulse of 100 ms is 0.5
    long_pulse_gap_s: float = 1.0  # after a pulse of 200 ms, which a Star gives


DEFAULT_TIMING = Timing()
