"""Each cloud's line, certificate, clock and small call, against far ends on 127.0.0.1 that lie in their own ways."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from agent.config import load
from agent.doctor import on_line
from agent.doctor.finding import State
from outbox import schema
from outbox.journal import FILE
from tests.api.shop import CONFIG, open_shop
from tests.line.lines import FOREIGN, PAGE, far_end, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config
    from agent.doctor.finding import Finding

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE="


def a_store(folder: Path, cloud: str) -> Config:
    (folder / "secret").write_text(SECRET)
    (folder / "stillopen.toml").write_text(f'{CONFIG}\n[[cloud]]\nname = "hook"\n{cloud}\n')
    return load(folder / "stillopen.toml", need_secrets=False)


def hook(url: str) -> str:
    return f'kind = "webhook"\nurl = "{url}/hook"\nsecret = {{ file = "secret" }}'


async def checked(config: Config, folder: Path) -> dict[str, Finding]:
    found = await on_line.all_of(config, folder / "state", now=lambda: NOW)
    return {one.check: one for one in found}


def dated(moment: datetime, status: str = "200 OK") -> bytes:
    date = format_datetime(moment, usegmt=True)
    return f"HTTP/1.1 {status}\r\ndate: {date}\r\ncontent-length: 2\r\n\r\n{{}}".encode()


@pytest.mark.parametrize(("ahead_s", "state"), [(0, State.OK), (119, State.OK), (300, State.FAILED)])
async def test_a_line_that_is_well_and_the_clock(tmp_path: Path, ahead_s: int, state: State) -> None:
    async with far_end(dated(NOW - timedelta(seconds=ahead_s))) as far:
        found = await checked(a_store(tmp_path, hook(f"http://127.0.0.1:{far.port}")), tmp_path)
    assert (found["line to hook"].state, found["clock against hook"].state) == (State.OK, state)
    assert found["call to hook"].state is State.NOT_KNOWN  # a webhook is asked nothing
    assert far.asked == ["HEAD /"]


async def test_a_far_end_that_does_not_say_the_time(tmp_path: Path) -> None:
    async with far_end(PAGE) as far:
        found = await checked(a_store(tmp_path, hook(f"http://127.0.0.1:{far.port}")), tmp_path)
    assert found["clock against hook"].state is State.NOT_KNOWN


async def test_no_line_is_a_warning_as_selling_goes_on(tmp_path: Path) -> None:
    found = await checked(a_store(tmp_path, hook(f"http://127.0.0.1:{await nobody()}")), tmp_path)
    assert found["line to hook"].state is State.WARNING
    assert found["call to hook"].state is State.NOT_KNOWN


async def test_a_certificate_that_is_not_the_clouds(tmp_path: Path) -> None:
    async with far_end(PAGE, certificate=FOREIGN) as far:
        found = await checked(a_store(tmp_path, hook(f"https://127.0.0.1:{far.port}")), tmp_path)
    assert found["line to hook"].state is State.FAILED
    assert "guests' network" in (found["line to hook"].next or "")
    assert far.asked == []


@pytest.mark.parametrize(("code", "words"), [(9, "clock"), (10, "clock"), (62, "another host"), (20, "ca_file")])
def test_what_to_do_about_a_certificate(code: int, words: str) -> None:
    assert words in on_line.distrust(code)


async def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    def unknown(host: str) -> object:
        raise OSError(-2, f"Name or service not known: {host}")

    config = a_store(tmp_path, hook("https://cloud.invalid"))
    (line, call) = await on_line.all_of(config, tmp_path / "state", resolve=unknown)
    assert (line.state, "has no address" in line.said, call.state) == (State.WARNING, True, State.NOT_KNOWN)


async def test_a_name_that_is_none(tmp_path: Path) -> None:
    (line, call) = await on_line.all_of(a_store(tmp_path, hook("https://cloud..invalid")), tmp_path / "state")
    assert (line.state, "no host's name" in line.said, call.state) == (State.WARNING, True, State.NOT_KNOWN)


async def test_nothing_is_sent_to_a_cloud_that_is_held(tmp_path: Path) -> None:
    async with far_end(PAGE) as far:
        config = a_store(tmp_path, hook(f"http://127.0.0.1:{far.port}"))
        (found,) = await on_line.all_of(config, tmp_path / "state", held={"hook"})
    assert (found.state, far.asked) == (State.NOT_KNOWN, [])


async def test_a_secret_that_is_not_here(tmp_path: Path) -> None:
    config = a_store(tmp_path, 'kind = "webhook"\nurl = "https://cloud.invalid"\nsecret = { env = "NO_SUCH_SECRET" }')
    (found,) = await on_line.all_of(config, tmp_path / "state")
    assert found.state is State.NOT_KNOWN


@pytest.mark.parametrize(("status", "state"), [("401 Unauthorized", State.FAILED), ("200 OK", State.OK)])
async def test_the_small_call_says_whether_the_credentials_are_good(tmp_path: Path, status: str, state: State) -> None:
    async with far_end(dated(NOW, status)) as far:
        config = a_store(tmp_path, SHOP.format(url=f"http://127.0.0.1:{far.port}"))
        found = await checked(config, tmp_path)
    assert found["line to hook"].state is State.OK
    assert (found["call to hook"].state is State.FAILED) is (state is State.FAILED)
    assert [one for one in far.asked if "+auth" in one]


async def test_credentials_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    kept = tmp_path / "state" / "credentials" / "hook"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"what no key opens")
    async with far_end(dated(NOW)) as far:
        kept_here = SHOP.format(url=f"http://127.0.0.1:{far.port}").replace('token = { file = "secret" }\n', "")
        found = await checked(a_store(tmp_path, kept_here), tmp_path)
    assert found["call to hook"].state is State.FAILED
    assert "cloud connect hook" in found["call to hook"].said


SHOP = 'kind = "square"\nbase_url = "{url}"\ntoken = {{ file = "secret" }}\nlocation_id = "L1"'


@pytest.mark.parametrize(("days", "state"), [(90, State.OK), (7, State.OK), (6, State.WARNING), (0, State.WARNING)])
def test_a_certificate_runs_out(days: int, state: State) -> None:
    until = (NOW + timedelta(days=days)).strftime("%b %d %H:%M:%S %Y GMT")
    assert on_line.certificate("hook", until, NOW).state is state


@pytest.mark.parametrize(
    ("configured", "environ", "proxy"),
    [
        (None, {}, None),
        ("http://proxy.shop:3128", {}, "proxy.shop:3128"),
        (None, {"HTTPS_PROXY": "http://me:secret@proxy.shop:3128"}, "proxy.shop:3128"),
        (None, {"https_proxy": "proxy.shop:3128"}, "proxy.shop:3128"),
        (None, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, .example.com"}, None),
        (None, {"ALL_PROXY": "http://p:1", "NO_PROXY": "example.org"}, "p:1"),
    ],
)
def test_which_proxy_leads_there(configured: str | None, environ: dict[str, str], proxy: str | None) -> None:
    assert on_line.proxy_of("https://api.example.com", configured, environ) == proxy
    assert on_line.proxy_of("http://127.0.0.1:9", configured, environ) is None


async def test_the_same_by_the_agent_itself(tmp_path: Path) -> None:
    async with far_end(dated(datetime.now(UTC))) as far:
        a_store(tmp_path, hook(f"http://127.0.0.1:{far.port}"))
        text = (tmp_path / "stillopen.toml").read_text()
        async with open_shop(tmp_path, config=text) as shop:
            answer = shop.body(await shop.client.get("/v1/doctor"))
            again = shop.body(await shop.client.get("/v1/doctor"))
    states = {check["check"]: check["state"] for check in answer["checks"]}
    assert states["line to hook"] == states["journal"] == states["agent"] == "ok"
    assert all(check["next"] for check in answer["checks"] if check["state"] != "ok")
    assert again == answer
    assert [line for line in far.asked if line.startswith("HEAD")] == ["HEAD /"]  # two looks in a moment are one
    with closing(schema.connect_to_read(tmp_path / "state" / FILE)) as reader:
        assert reader.execute("select count(*) from record").fetchone() == (0,)
