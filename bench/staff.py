"""Somebody else takes over at a till: a PIN typed at a page, hashed at its full cost, until it is told who is there."""

from __future__ import annotations

import itertools
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import argon2
import httpx

from agent import api_token
from agent.app import App
from agent.config import load
from agent.server import Server
from agent.staff import pins
from bench import shop
from bench.rounds import Contender, Role, in_turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

PEOPLE = {"Mia": "408215", "Sol": "739164"}  # names and PINs; the first is a manager


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Let two people sign in by turns at one page, beside the bare hash."""
    async with _page(folder) as page:
        switch = _Switch(page)
        return await in_turns(
            "staff: another person signs in at a till's page by PIN",
            [
                Contender("POST /v1/sign-in", Role.OURS, partial(switch.sign_in, effort.switches)),
                Contender("bare argon2id, one hash verified", Role.LIMIT, partial(switch.verify, effort.switches)),
            ],
            effort.rounds,
        )


class _Switch:
    """Two people at one page, and the bare hash of a PIN at the same cost."""

    def __init__(self, page: httpx.AsyncClient) -> None:
        self._page = page
        self._turns = itertools.cycle(PEOPLE.items())
        self._pin = next(iter(PEOPLE.values()))
        self._hasher = argon2.PasswordHasher(
            time_cost=pins.COST.passes, memory_cost=pins.COST.memory_kib, parallelism=pins.COST.lanes
        )
        self._hash = self._hasher.hash(self._pin)

    async def sign_in(self, count: int) -> Samples:
        """Type a PIN, without a name beside it, until the answer says who it is."""
        took = []
        for _ in range(count):
            name, pin = next(self._turns)
            began = time.perf_counter()
            answer = await self._page.post("/v1/sign-in", json={"pin": pin})
            took.append((time.perf_counter() - began) * 1e3)
            assert answer.json()["staff"]["name"] == name, answer.text
        return {"ms": took}

    async def verify(self, count: int) -> Samples:
        """Verify a PIN in place; nothing is counted, written down or told."""
        took = []
        for _ in range(count):
            began = time.perf_counter()
            assert self._hasher.verify(self._hash, self._pin)
            took.append((time.perf_counter() - began) * 1e3)
        return {"ms": took}


@asynccontextmanager
async def _page(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Open an agent in this process, and a page of it that is paired, with its staff set up."""
    app = App(load(shop.write_configuration(folder, shop.configuration())), folder / "state")
    async with app, Server(app) as server:
        url = f"http://localhost:{server.port}"
        token = {"Authorization": f"Bearer {api_token.read(folder / 'state')}"}
        async with (
            httpx.AsyncClient(base_url=url, headers=token, trust_env=False) as local,
            httpx.AsyncClient(base_url=url, headers={"Origin": url}, trust_env=False) as page,
        ):
            code = (await local.post("/v1/pairing-codes", json={})).json()["code"]
            await _said(page, "/v1/pairings", code=code)
            for number, (name, pin) in enumerate(PEOPLE.items()):
                await _said(page, "/v1/staff", name=name, pin=pin, role="cashier" if number else "manager")
                if not number:
                    await _said(page, "/v1/sign-in", pin=pin)
            yield page


async def _said(page: httpx.AsyncClient, path: str, **body: str) -> None:
    answer = await page.post(path, json=body)
    assert answer.is_success, answer.text
