"""A day at Square with tokens that run out: the whole agent, signed in by PKCE, renews them by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox.auth.credentials import Credentials
from outbox.auth.keyring import Keyring
from outbox.auth.tokens import Tokens
from tests.agent.store import CONFIG, Clock, opened
from tests.auth.lying_sign_in import LyingSignIn
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.clouds.serving import serving
from tests.clouds.vendor_spec import SQUARE, square_faults

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from tests.agent.store import Shop

SECTION = """
[[cloud]]
name = "square"
kind = "square"
base_url = "{base_url}"
location_id = "L1"
application_id = "app"
"""
DAY_S = 86_400.0


@dataclass
class SignedIn:
    """Square, which lets in whoever has a token that is good by its own clock."""

    clock: Clock
    square: LyingSquare = field(init=False)
    signs_in: LyingSignIn = field(init=False)
    turned_away: int = 0

    def __post_init__(self) -> None:
        self.square = LyingSquare(now=self.clock)
        self.square.sell("I1", "V1", "MUG", 1250, stock=100)
        self.signs_in = LyingSignIn(self.clock, path="/oauth2/token", says_moment=True, life_s=30 * DAY_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == self.signs_in.path:
            await self.signs_in(scope, receive, send)
            return
        headers = dict(scope["headers"])
        token = headers[b"authorization"].decode().removeprefix("Bearer ")
        good_until = self.signs_in.access.get(token)
        if good_until is None or good_until <= self.clock():
            self.turned_away += 1
        else:
            headers[b"authorization"] = f"Bearer {TOKEN}".encode()
        await self.square({**scope, "headers": list(headers.items())}, receive, send)


async def test_three_months_of_sales_need_no_second_sign_in(tmp_path: Path) -> None:
    clock = Clock()
    cloud = SignedIn(clock)
    async with serving(cloud) as base_url:
        pair: dict[str, Any] = cloud.signs_in._pair(refresh=True)
        tokens = Tokens(
            pair["access_token"], pair["refresh_token"], cloud.signs_in.access[pair["access_token"]], None, clock()
        )
        Keyring(tmp_path / "state").write("square", Credentials(tokens=tokens))
        for month in range(1, 4):  # each start is a month after the one before, and the token ran out meanwhile
            async with opened(tmp_path, config=CONFIG + SECTION.format(base_url=base_url), clock=clock) as shop:
                for _ in range(2):
                    await shop.sold("MUG")
                await delivered(shop, 3 * month - 1)
                clock.forward(days=8)  # a quarter of its life: renewed while it is good
                await shop.sold("MUG")
                await delivered(shop, 3 * month)
                views = shop.app.lanes.views()["square"]
                assert views["credentials"]["by"] == "sign_in"
                assert views["credentials"]["good_until"] > clock().isoformat()
            clock.forward(days=31)
    assert cloud.turned_away == 0, "no token was shown that had run out"
    assert len(cloud.square.books.orders) == 9
    assert cloud.signs_in.given == 1 + 3 + 2
    for fields in cloud.signs_in.asked_for:
        assert not SQUARE.exists() or square_faults("POST", "/oauth2/token", json.dumps(fields).encode()) == []
    assert cloud.square.spec_faults == []


async def delivered(shop: Shop, count: int) -> None:
    """Wait until so many records are at Square."""
    await shop.until(lambda: shop.app.lanes.views()["square"]["delivered"] == count)
