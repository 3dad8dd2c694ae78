"""A bad day in which the cloud quotes every secret it was ever sent; none of them is anywhere but in the keyring."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.cli import main
from outbox.auth.credentials import Credentials
from outbox.auth.keyring import FOLDER, KEY_FILE, Keyring
from outbox.auth.tokens import Tokens
from outbox.room import BALLAST
from tests.agent.store import CONFIG, WAIT_S, Clock, opened
from tests.auth.lying_sign_in import LyingSignIn
from tests.clouds.serving import asked, read_body, serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from starlette.types import Receive, Scope, Send

    from tests.agent.store import Shop

APP_SECRET = "planted-app-secret-4711"
FIRST, REFRESH = "planted-access-token-4711", "planted-refresh-token-4711"
SQUARE = """
[[cloud]]
name = "square"
kind = "square"
base_url = "{base_url}"
location_id = "L1"
application_id = "app"
application_secret = {{ file = "app-secret.txt" }}
"""
MOODS = ("unauthorized", "errors", "redirect", "ok", "html", "throttled", "trouble", "invalid_json")


@dataclass
class Gossip(LyingSignIn):
    """A cloud that quotes what it was sent, in every way an answer can."""

    path: str = "/oauth2/token"
    rotates: bool = False  # as Square does with an application's secret
    mood: str = "errors"
    heard: set[str] = field(default_factory=set)
    asked_in: dict[str, int] = field(default_factory=dict)  # by mood

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == self.path:
            await super().__call__(scope, receive, send)
            self.heard |= {str(value) for fields in self.asked_for for value in fields.values()}
            return
        await read_body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        self.heard.add(token)
        self.asked_in[self.mood] = self.asked_in.get(self.mood, 0) + 1
        status, extra, body = self._quoted(token, asked(scope))
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": body.encode()})

    def _quoted(self, token: str, line: str) -> tuple[int, list[tuple[bytes, bytes]], str]:
        said = f"the token {token} of {line}"
        errors = json.dumps({"errors": [{"category": "API_ERROR", "code": said, "detail": said, "field": token}]})
        return {
            "unauthorized": (401, [(b"www-authenticate", said.encode())], errors),
            "errors": (400, [], errors),
            "redirect": (307, [(b"location", f"https://elsewhere.example/{token}".encode())], said),
            "ok": (200, [], errors),
            "html": (200, [(b"content-type", b"text/html")], f"<html>{said}</html>"),
            "throttled": (429, [(b"retry-after", b"1")], errors),
            "trouble": (503, [], said),
            "invalid_json": (400, [], '{"errors": [' + said),
        }[self.mood]


async def test_no_secret_is_anywhere_but_in_the_keyring(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    clock, gossip = Clock(), Gossip(client_secret=APP_SECRET)
    seen: list[str] = []
    (tmp_path / "app-secret.txt").write_text(APP_SECRET)
    async with serving(gossip) as base_url:
        config = CONFIG + SQUARE.format(base_url=base_url)
        soon = datetime.now(UTC) + timedelta(hours=1)
        Keyring(tmp_path / "state").write("square", Credentials(tokens=Tokens(FIRST, REFRESH, soon, got_at=clock())))
        async with opened(tmp_path, config=config, clock=clock) as shop:
            await shop.sold("MUG")
            for mood in MOODS:
                await try_again(shop, gossip, mood)
            clock.forward(hours=2)
            gossip.good.add(REFRESH)
            gossip.faults.add("drop", on="/oauth2", after=True)
            await try_again(shop, gossip, "errors", renewing=True)  # and the answer is lost
            clock.forward(minutes=2)
            await try_again(shop, gossip, "unauthorized")  # with a new token
            clock.forward(hours=2)
            gossip.good.clear()
            await try_again(shop, gossip, "errors", renewing=True)
            await shop.until(lambda: "invalid_grant" in (shop.app.lanes.views()["square"]["last_error"] or ""))
            await shop.sold("TEA")
            seen += [json.dumps(shop.app.status()), json.dumps(shop.app.outbox_view()), json.dumps(shop.events)]
            for number in ("1", "2"):
                seen.append(json.dumps((await shop.app.retry(number, key=None)).body))
        places = ["--config", str(tmp_path / "stillopen.toml"), "--state", str(tmp_path / "state")]
        for words in (
            ["cloud", "check", "square"],
            ["cloud", "check", "square", "--json"],
            ["cloud", "pull", "square"],
            ["outbox", "list"],
            ["outbox", "show", "1"],
            ["journal", "export"],
            ["check"],
        ):
            await asyncio.to_thread(main, [*words, *places])
    said = capfd.readouterr()
    seen += [said.out, said.err, caplog.text, *(repr(record.args) for record in caplog.records)]
    secrets = {APP_SECRET, FIRST, REFRESH, *gossip.access, *gossip.good} | {
        one for one in gossip.heard if "token" in one and len(one) > 20
    }
    assert {APP_SECRET, FIRST, REFRESH} <= gossip.heard, "the cloud knows them, and could quote them"
    assert set(gossip.asked_in) == set(MOODS)
    for text in seen:
        assert [secret for secret in secrets if secret in text] == []
    kept = {tmp_path / "state" / name for name in (KEY_FILE, BALLAST)} | {tmp_path / "app-secret.txt"}
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path not in kept]
    assert (tmp_path / "state" / FOLDER / "square") in files, "it is sealed, and is looked through as well"
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], path


async def try_again(shop: Shop, gossip: Gossip, mood: str, *, renewing: bool = False) -> None:
    """Have the delivery tried while the cloud is in a mood, until it was heard in it (or in a renewal)."""

    def heard() -> int:
        return gossip.asked_in.get(mood, 0) + (len(gossip.asked_for) if renewing else 0)

    gossip.mood, before = mood, heard()
    async with asyncio.timeout(WAIT_S):
        while heard() == before:  # an attempt that was under way pauses the lane again when it ends
            await shop.app.retry("1", key=None)
            await asyncio.sleep(0.01)
