"""`stillopen cloud connect`, walked by a person whose browser is on this PC, elsewhere, or in the wrong hands."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import socket
import sys
import threading
import webbrowser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from agent.cli import main
from agent.connecting import connect as connect_
from outbox.auth.keyring import Keyring
from tests.auth.lying_sign_in import CODE, LyingSignIn
from tests.clouds.lying_woocommerce import KEY, SECRET, LyingWoo
from tests.clouds.serving import serving
from tests.clouds.vendor_spec import SQUARE, square_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STORE = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[tax]]
code = "standard"
rate = "19"
[[tax]]
code = "meals"
rate = "7"
[[cloud]]
"""
SQUARE_SECTION = """name = "square"
kind = "square"
base_url = "{base_url}"
location_id = "L1"
application_id = "app"
redirect_url = "http://localhost:{port}/done"
"""


@dataclass
class Browser:
    """The browser of this PC: does with the sign-in page what `does` says."""

    does: Callable[[str, dict[str, str]], None] = lambda _, __: None
    seen: list[dict[str, str]] = field(default_factory=list)
    pages: list[tuple[int, str]] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def open(self, url: str) -> bool:
        said = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        self.seen.append(said)
        self._threads.append(threading.Thread(target=self.does, args=(said["redirect_uri"], said)))
        self._threads[-1].start()
        return True

    def come_back(self, redirect: str, *, host: str | None = None, **query: str) -> None:
        parts = urlsplit(redirect)
        line = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=10)
        try:
            headers = {} if host is None else {"Host": host}
            line.request(
                "GET",
                f"{parts.path}?{urlencode(query)}",
                headers=headers | ({"Host": parts.netloc} if host is None else {}),
            )
            answer = line.getresponse()
            self.pages.append((answer.status, answer.read().decode()))
        finally:
            line.close()

    def joined(self) -> None:
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    found = Browser()
    monkeypatch.setattr(webbrowser, "open", found.open)
    yield found
    found.joined()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def types(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


async def run(folder: Path, section: str, *words: str) -> int:
    (folder / "stillopen.toml").write_text(STORE + section, encoding="utf-8")
    places = ["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state")]
    return await asyncio.to_thread(main, ["cloud", *words, *places])


def kept(folder: Path, name: str = "square") -> Any:
    return Keyring(folder / "state", environ={}).read(name)


def a_square() -> LyingSignIn:
    return LyingSignIn(path="/oauth2/token", says_moment=True, life_s=30 * 86_400.0)


def section(base_url: str, port: int | None = None) -> str:
    return SQUARE_SECTION.format(base_url=base_url, port=port or free_port())


async def test_a_person_signs_in_with_the_browser_of_this_pc(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    square = a_square()

    def consent(redirect: str, said: dict[str, str]) -> None:
        square.challenge = said["code_challenge"]
        browser.come_back(redirect.replace("/done", "/favicon.ico"))
        browser.come_back(redirect, code="theirs", state="of-another-page")
        browser.come_back(redirect, host="evil.example", code="theirs", state=said["state"])
        browser.come_back(redirect, code=CODE, state=said["state"])

    browser.does = consent
    async with serving(square) as base_url:
        code = await run(tmp_path, section(base_url), "connect", "square", "--json")
    said = capsys.readouterr()
    assert code == 0, said.err
    browser.joined()
    assert [status for status, _ in browser.pages] == [404, 400, 404, 200]
    assert "Signed in" in browser.pages[-1][1]
    answer = json.loads(said.out)
    assert (answer["cloud"], answer["connected"]) == ("square", True)
    assert kept(tmp_path).tokens.access == "access-token-0001"
    assert answer["expires_at"] == kept(tmp_path).tokens.expires_at.isoformat()
    assert "access-token" not in said.out + said.err
    (fields,) = square.asked_for
    assert fields["redirect_uri"] == browser.seen[0]["redirect_uri"]
    assert not SQUARE.exists() or square_faults("POST", "/oauth2/token", json.dumps(fields).encode()) == []
    assert set(browser.seen[0]["scope"].split()) >= {"ORDERS_WRITE", "PAYMENTS_WRITE", "ITEMS_READ"}


async def test_on_a_pc_without_a_browser_the_address_is_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    square = a_square()

    class Paste:
        """A person who reads the address in the terminal, and pastes what a browser elsewhere ended at."""

        def readline(self) -> str:
            shown = capsys.readouterr().err
            url = next(word for word in shown.split() if word.startswith("http"))
            state = parse_qs(urlsplit(url).query)["state"][0]
            return f"https://shop.example/done?code={CODE}&state={state}\n"

    monkeypatch.setattr(sys, "stdin", Paste())
    async with serving(square) as base_url:
        assert await run(tmp_path, section(base_url), "connect", "square", "--paste") == 0
    assert kept(tmp_path).tokens.refresh == "refresh-token-0001"
    assert "is connected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("come_back", "words"),
    [
        ({"error": "access_denied"}, "declined"),
        ({"error": "unsupported_response_type"}, "unsupported_response_type"),
        ({}, "without a code"),
        ({"code": "spent"}, "invalid_grant"),
    ],
)
async def test_a_sign_in_that_ends_badly_says_why_and_keeps_nothing(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str], come_back: dict[str, str], words: str
) -> None:
    browser.does = lambda redirect, said: browser.come_back(redirect, state=said["state"], **come_back)
    async with serving(a_square()) as base_url:
        assert await run(tmp_path, section(base_url), "connect", "square") == 1
    said = capsys.readouterr().err
    assert words in said
    assert "next:" in said
    assert kept(tmp_path) is None


async def test_nobody_comes_back(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_, "CONSENT_S", 0.05)
    async with serving(a_square()) as base_url:
        assert await run(tmp_path, section(base_url), "connect", "square") == 1
    assert "nobody finished signing in" in capsys.readouterr().err
    assert browser.seen


async def test_a_port_that_is_taken_leads_to_pasting(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with serving(a_square()) as base_url:
            code = await run(tmp_path, section(base_url, taken.getsockname()[1]), "connect", "square")
    assert code == 1
    assert "--paste" in capsys.readouterr().err
    assert browser.seen == []


async def test_pasting_somebody_elses_answer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, f"https://shop.example/done?code={CODE}&state=theirs")
    async with serving(a_square()) as base_url:
        assert await run(tmp_path, section(base_url), "connect", "square", "--paste") == 1
    assert "does not belong to this sign-in" in capsys.readouterr().err


async def test_a_cloud_that_is_not_reached_is_said_to_be(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    browser.does = lambda redirect, said: browser.come_back(redirect, state=said["state"], code=CODE)
    assert await run(tmp_path, section("http://127.0.0.1:9"), "connect", "square") == 1
    assert "was not reached" in capsys.readouterr().err


# --- keys ---

WOO = 'name = "woo"\nkind = "woocommerce"\nbase_url = "{base_url}"\n'


async def test_a_key_is_asked_for_tried_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(LyingWoo()) as base_url:
        types(monkeypatch, KEY, "cs_wrong")
        assert await run(tmp_path, WOO.format(base_url=base_url), "connect", "woo") == 1
        assert "nothing was kept" in capsys.readouterr().err
        assert kept(tmp_path, "woo") is None
        types(monkeypatch, KEY, SECRET)
        code = await run(tmp_path, WOO.format(base_url=base_url), "connect", "woo", "--json")
        said = capsys.readouterr()
        answer = json.loads(said.out)
        assert answer["accepted"] is True, said
        assert kept(tmp_path, "woo").secrets == {"consumer_key": KEY, "consumer_secret": SECRET}
        assert code == (1 if any(one["level"] == "wrong" for one in answer["findings"]) else 0)
        checked = await run(tmp_path, WOO.format(base_url=base_url), "check", "woo", "--json")
        findings = json.loads(capsys.readouterr().out)["findings"]
        assert len(findings) > len(answer["findings"]), "connecting asks the first question alone"
        assert checked == (1 if any(one["level"] == "wrong" for one in findings) else 0)
        assert any("meals" in (one["proposal"] or "") for one in findings), "missing lines are proposed"
        await run(tmp_path, WOO.format(base_url=base_url), "check", "woo")
        assert "For this cloud's section of stillopen.toml:" in capsys.readouterr().out


async def test_a_key_that_nobody_could_be_asked_about_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, KEY, SECRET)
    assert await run(tmp_path, WOO.format(base_url="http://127.0.0.1:9"), "connect", "woo") == 1
    assert "could not be asked" in capsys.readouterr().err
    assert kept(tmp_path, "woo") is None
    types(monkeypatch)
    assert await run(tmp_path, section("http://127.0.0.1:9"), "connect", "square", "--paste") == 1
    assert "nothing was pasted" in capsys.readouterr().err


async def test_nothing_typed_or_what_is_no_key_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "", "")
    assert await run(tmp_path, WOO.format(base_url="http://127.0.0.1:9"), "connect", "woo") == 1
    assert "no consumer key was given" in capsys.readouterr().err
    types(monkeypatch, f"{KEY}\N{NO-BREAK SPACE}{KEY}", SECRET)
    assert await run(tmp_path, WOO.format(base_url="http://127.0.0.1:9"), "connect", "woo") == 1
    said = capsys.readouterr().err
    assert "more than plain characters" in said
    assert KEY not in said


async def test_a_key_is_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(LyingWoo()) as base_url:
        types(monkeypatch, KEY, SECRET)
        await run(tmp_path, WOO.format(base_url=base_url), "connect", "woo")
        capsys.readouterr()
        assert await run(tmp_path, WOO.format(base_url=base_url), "disconnect", "woo", "--json") == 0
        assert json.loads(capsys.readouterr().out) == {
            "cloud": "woo", "deleted": True, "named_in_configuration": False,
        }  # fmt: skip
        assert await run(tmp_path, WOO.format(base_url=base_url), "disconnect", "woo") == 0
        assert "Nothing was kept" in capsys.readouterr().out
        assert await run(tmp_path, WOO.format(base_url=base_url), "check", "woo") == 1
        assert "stillopen cloud connect woo" in capsys.readouterr().out


async def test_a_cloud_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("connect", "check", "disconnect"):
        assert await run(tmp_path, WOO.format(base_url="http://127.0.0.1:9"), command, "nope") == 2
        assert "the configuration has: woo" in capsys.readouterr().err


async def test_a_secret_that_the_file_names_and_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = 'name = "square"\nkind = "square"\nlocation_id = "L1"\ntoken = { env = "NOT_SET_ANYWHERE" }\n'
    for command in ("connect", "check"):
        assert await run(tmp_path, named, command, "square") == 1
        assert "is not there" in capsys.readouterr().err
