"""The support bundle: secrets, PINs and card-like numbers planted everywhere, and not one of them in it."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.bundle.pack import write
from agent.bundle.redact import HIDDEN, Redactor
from agent.cli import main
from outbox import chain, deliveries
from outbox.auth.credentials import Credentials
from outbox.auth.keyring import Keyring
from outbox.auth.tokens import Tokens
from outbox.ids import new_id
from outbox.journal import FILE, Journal
from outbox.record import Draft, Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

CARD = "4111 1111 1111 1111"
PLANTED = {
    "hook": "whsec_c3RpbGxvcGVuLXRlc3RzLXNlY3JldC0wMDAx",
    "token": "EAAAl-planted-square-token-0001",
    "written": "written-where-it-should-be-named",
    "path": "T000/B000/planted-in-a-path",
    "proxy": "planted-proxy-word",
    "bearer": "planted.bearer.token.0001",
    "pin": "739154",
    "api": "A" * 20 + "planted-api-token-0001",
    "environment": "planted-in-the-environment",
    "kept": "planted-in-the-keyring-0001",
    "access": "planted-access-token-0001",
    "refresh": "planted-refresh-token-0001",
    "card": CARD,
    "card without spaces": CARD.replace(" ", ""),
    "customer": "Grace Planted",
}
CONFIG = f"""
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
receipt_footer = ["Card {CARD}"]
[api]
port = 1
[network]
proxy = "http://till:{PLANTED["proxy"]}@proxy.example.com:3128"
[[till]]
id = "till-1"
drawer = "drawer"
printer = "receipt"
[[printer]]
name = "receipt"
port = "sim://receipt"
[[drawer]]
name = "drawer"
printer = "receipt"
pin = 5
[[cloud]]
name = "hook"
kind = "webhook"
url = "https://hooks.example.com/{PLANTED["path"]}"
secret = {{ file = "hook.txt" }}
[[cloud]]
name = "square"
kind = "square"
token = {{ env = "SQUARE_TOKEN" }}
location_id = "L1"
[[cloud]]
name = "wrong"
kind = "square"
token = "{PLANTED["written"]}"
location_id = "L1"
"""
LOG = f"""2026-11-21 INFO stillopen: Listening on http://localhost:8750/
2026-11-21 WARNING stillopen.clouds: POST https://hooks.example.com/{PLANTED["path"]}?sig={PLANTED["hook"]} answered 500
2026-11-21 DEBUG httpx: Authorization: Bearer {PLANTED["bearer"]}
2026-11-21 ERROR stillopen: reference {CARD} was refused, {CARD.replace(" ", "")} too
2026-11-21 DEBUG stillopen.staff: {{"name": "Ada", "pin": "{PLANTED["pin"]}"}} pin={PLANTED["pin"]}
2026-11-21 DEBUG stillopen.staff: new_pin: '{PLANTED["pin"]}'
2026-11-21 INFO stillopen: {PLANTED["environment"]} and {PLANTED["token"]} as they are
2026-11-21 INFO stillopen: {PLANTED["kept"]} {PLANTED["access"]} {PLANTED["refresh"]}
"""


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store's configuration and state, with everything planted."""
    (tmp_path / "stillopen.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "hook.txt").write_text(PLANTED["hook"], encoding="utf-8")
    monkeypatch.setenv("SQUARE_TOKEN", PLANTED["token"])
    monkeypatch.setenv("SOME_PASSWORD", PLANTED["environment"])
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)
    (state / "logs" / "stillopen.log").write_text(LOG, encoding="utf-8")
    tokens = Tokens(PLANTED["access"], PLANTED["refresh"])
    Keyring(state).write("square", Credentials({"key": PLANTED["kept"]}, tokens))
    journal = Journal(state)
    await journal.open()

    def change(connection: sqlite3.Connection) -> None:
        body = {"total": 1, "tenders": [{"reference": CARD}], "customer": {"name": PLANTED["customer"]}}
        draft = Draft(new_id(), Kind.SALE, "till-1", "2026-11-21T12:00:00.000+01:00", "2026-11-21", body)
        record, _ = chain.append(connection, draft)
        deliveries.queue(connection, record, {"hook": frozenset(Kind)})
        connection.execute(
            "update delivery set last_error = ?", (f"token={PLANTED['written']} and {CARD} at {PLANTED['hook']}",)
        )

    await journal.write(change)
    await journal.close()
    (state / "api-token").write_text(PLANTED["api"], encoding="ascii")
    return tmp_path


def bundle(folder: Path, *words: str) -> dict[str, str]:
    """Make one by the command and return its texts by name."""
    file = folder / "bundle.zip"
    at = ["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state")]
    assert main([*at, "bundle", str(file), *words]) == 0
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


async def test_nothing_that_was_planted_is_in_it(store: Path) -> None:
    raw = (store / "stillopen.toml").read_text(encoding="utf-8") + LOG
    assert all(word in raw for name, word in PLANTED.items() if name not in ("customer", "api", "hook", "token")), (
        "what is not planted cannot be found"
    )
    texts = bundle(store)
    for name, text in texts.items():
        for what, word in PLANTED.items():
            assert word not in text, f"{what} is in {name}"


async def test_what_helps_is_there(store: Path) -> None:
    texts = bundle(store)
    assert set(texts) == {
        "about.json", "doctor.json", "stillopen.toml", "update.json", "state.json", "journal.json", "deliveries.json",
        "prints.json", "log.txt", "status.json",
    }  # fmt: skip
    assert 'location_id = "L1"' in texts["stillopen.toml"]
    assert 'token = { env = "SQUARE_TOKEN" }' in texts["stillopen.toml"]
    assert "pin = 5" in texts["stillopen.toml"]  # a drawer's
    assert "hooks.example.com" in texts["stillopen.toml"]
    assert "http://localhost:8750/" in texts["log.txt"]
    assert json.loads(texts["journal.json"])["verified"]["holds"] is True
    (waits,) = json.loads(texts["deliveries.json"])["not_delivered"]
    assert (waits["cloud"], waits["state"]) == ("hook", "waiting")
    assert "could not be had" in texts["status.json"]  # with a configuration that is wrong, nobody knows where it is
    assert "credentials/square" in json.loads(texts["state.json"])  # that it is there, and never what is in it


async def test_a_damaged_journal_costs_its_own_parts_only(store: Path) -> None:
    (store / "state" / FILE).write_bytes(b"not a database" * 100)
    texts = bundle(store)
    assert "could not be had" in texts["journal.json"]
    assert "Listening on" in texts["log.txt"]


async def test_a_broken_configuration_is_bundled_as_it_is(store: Path) -> None:
    (store / "stillopen.toml").write_text("[store\nname = 1", encoding="utf-8")
    texts = bundle(store)
    assert texts["stillopen.toml"].startswith("[store\n")
    assert "no agent" in texts["status.json"] or "could not be had" in texts["status.json"]


def test_half_a_bundle_is_none(tmp_path: Path) -> None:
    def parts() -> Iterator[tuple[str, str]]:
        yield "about.json", "{}"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "bundle.zip", parts())
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_there_is_not_written_over(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle(store)
    at = ["--config", str(store / "stillopen.toml"), "--state", str(store / "state")]
    assert main([*at, "bundle", str(store / "bundle.zip")]) == 1
    assert "is there already" in capsys.readouterr().err


@given(st.text(min_size=4, max_size=40).filter(str.strip), st.text(max_size=60), st.text(max_size=60))
def test_a_known_secret_is_nowhere_whatever_stands_around_it(secret: str, before: str, after: str) -> None:
    if secret in HIDDEN:
        return
    said = Redactor([secret]).text(before + secret + after)
    assert secret not in said.replace(HIDDEN, "\0")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pin = 2", "pin = 2"),
        ('{"pin": "1234"}', '{"pin": "[hidden]"}'),
        ("access_token: abc.def", "access_token: [hidden]"),
        ("https://user:word@shop.example.com", "https://shop.example.com"),
        ("http://localhost:8750/v1/status", "http://localhost:8750/v1/status"),
        ("http://localhost:8750/till?pair=ABC", "http://localhost:8750/[hidden]"),
        ("EAN 4006381333931 sold", "EAN 4006381333931 sold"),
        ("postgres://user:word@db:5432/x", "postgres://[hidden]@db:5432/x"),
        ("nats://planted@bus", "nats://[hidden]@bus"),
        ("port = 'tcp://192.0.2.9:9100'", "port = 'tcp://192.0.2.9:9100'"),
        (
            '{"event": "password=\\"planted\\"", "level": "info"}',
            '{"event": "password=\\"[hidden]\\"", "level": "info"}',
        ),
        ('private_key = """\n-----BEGIN\nplanted\n"""\nname = "x"', 'private_key = "[hidden]"\n\n\n\nname = "x"'),
        ("secret = '''\nplanted", 'secret = "[hidden]"\n'),
        ("tokens are renewed by one program", "tokens are renewed by one program"),
    ],
)
def test_a_line(line: str, said: str) -> None:
    assert Redactor().text(line) == said
