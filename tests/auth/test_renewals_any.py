"""Random days of renewals: lost answers, restarts, two processes, clocks; no token is spent twice without a cause."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.auth.credentials import Credentials
from outbox.auth.keyring import Keyring
from outbox.auth.oauth2 import SignIn
from outbox.auth.refresher import Refresher
from outbox.auth.tokens import Tokens
from outbox.calls import Calls
from outbox.connector import Answer, Request
from outbox.session import AnswerLost, NotSent
from tests.auth.lying_sign_in import LIFE_S, LyingSignIn
from tests.clouds.driver import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

GET = Request("GET", "/orders")
SIGN_IN = SignIn("https://cloud.example/token", "app", authorize_url="https://cloud.example/authorize", rotates=True)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(0, 1)),
        st.tuples(st.just("both"), st.just(0)),
        st.tuples(st.just("forward"), st.integers(1, int(2 * LIFE_S))),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("fault"), st.sampled_from(["not sent", "lost", "trouble"])),
        st.tuples(st.just("revoke"), st.just(0)),
    ),
    max_size=20,
)


@dataclass
class Wire:
    """The line to a cloud that gives tokens, without a socket."""

    lying: LyingSignIn
    keyring: Keyring
    faults: list[str] = field(default_factory=list)
    lost: int = 0
    refused: int = 0
    shown: list[str] = field(default_factory=list)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        await asyncio.sleep(0)
        if request is GET:
            kept = self.keyring.read("cloud")
            assert kept is not None
            assert kept.tokens is not None
            assert headers["authorization"] == f"Bearer {kept.tokens.access}" or self.lying.good, "it is on the disk"
            return self._answer(*self.lying._api("GET /orders", dict(headers)))
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "not sent":
            raise NotSent("no line", hint="")
        if fault == "trouble":
            return Answer(503, {}, b"")
        status, said = self.lying._token({"content-type": dict(request.headers)["content-type"]}, request.body)
        self.refused += status != 200
        if fault == "lost":
            self.lost += 1
            raise AnswerLost("cut", hint="")
        return self._answer(status, said)

    def _answer(self, status: int, said: dict[str, Any]) -> Answer:
        return Answer(status, {"date": format_datetime(self.lying.now(), usegmt=True)}, json.dumps(said).encode())


@given(steps=STEPS, forgives=st.booleans())
@settings(max_examples=25, deadline=None)
def test_no_refresh_token_is_spent_twice_but_after_a_lost_answer(
    steps: list[tuple[str, Any]], *, forgives: bool
) -> None:
    asyncio.run(a_day(steps, forgives=forgives))


async def a_day(steps: list[tuple[str, Any]], *, forgives: bool) -> None:
    clock = Clock()
    lying = LyingSignIn(clock, forgives=forgives)
    with tempfile.TemporaryDirectory() as folder:
        keyring = Keyring(Path(folder), environ={})
        wire = Wire(lying, keyring)
        sign_in = replace(SIGN_IN, forgives=forgives)

        def process() -> Calls:
            own = Keyring(Path(folder), environ={})
            return Calls("https://cloud.example", wire, Refresher("cloud", lambda _: sign_in, own, wire, clock))

        def signed_in() -> None:
            pair = lying._pair(refresh=True)
            at = lying.access[pair["access_token"]]
            keyring.write(
                "cloud", Credentials(tokens=Tokens(pair["access_token"], pair["refresh_token"], at, None, clock()))
            )

        signed_in()
        processes = [process(), process()]
        for what, how in steps:
            if what == "forward":
                clock.forward(seconds=how)
            elif what == "restart":
                processes[how] = process()
            elif what == "fault":
                wire.faults.append(how)
            elif what == "revoke":
                lying.access.clear()
            else:
                asked = processes if what == "both" else [processes[how]]
                with suppress(NotSent):
                    await asyncio.gather(*(calls.exchange(GET) for calls in asked), return_exceptions=what == "both")
            assert wire.lost or not wire.refused, "what was spent was spent by an answer that never came"
        wire.faults.clear()
        clock.forward(hours=3)
        if not forgives and wire.lost:
            signed_in()
        assert (await processes[0].exchange(GET)).status == 200, "it goes on, with a person only where it must"
