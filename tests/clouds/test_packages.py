"""A kind of cloud that another package brings: installed, configured, sold into; and a broken one stops nothing."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main
from agent.config import ConfigInvalid, load
from outbox.clouds import KINDS
from outbox.clouds.packages import find, names
from tests.agent.store import CONFIG, opened
from tests.clouds.serving import read_body, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Receive, Scope, Send

    Install = Callable[..., None]

# What the page on packages shows: a whole connector, in one file.
ACME = """
from pydantic import SecretStr

from outbox.capabilities import Arithmetic, Capabilities
from outbox.clouds import CloudKind
from outbox.clouds.settings import ApiUrl, CloudSettings
from outbox.connector import Absent, Complete, Done, Idempotency, Request, Retry, Step
from outbox.record import Kind

KIND = CloudKind("acme", "acme_stillopen", ("key",), "Acme: sales and refunds as they are")
CAPABILITIES = Capabilities(kinds=frozenset({Kind.SALE, Kind.REFUND}), arithmetic=Arithmetic.NONE)


class Settings(CloudSettings):
    base_url: ApiUrl
    key: SecretStr


class Acme:
    capabilities = CAPABILITIES
    packer = None
    throttle = None

    def __init__(self, settings, store):
        self.base_url = settings.base_url
        self._key = settings.key

    def next_step(self, fact):
        if "id" in fact.refs:
            return Complete(fact.refs["id"])
        request = Request("PUT", f"/sales/{fact.record.id}", fact.record.canonical_body())
        return Step("put", fact.record.id, Idempotency.UPSERT, request)

    def verdict(self, step, fact, answer):
        return Done({"id": fact.record.id}) if answer.status == 201 else Retry(f"HTTP {answer.status}")

    def probe(self, step, fact):
        return None

    def sighting(self, step, fact, answer):
        return Absent()

    def credentials(self, request, key, now):
        return {"authorization": f"Key {self._key.get_secret_value()}"}

    def pull(self, feed, cursor):
        return None

    def page(self, feed, cursor, answer):
        return Retry("it has no catalogue")


def connector(settings, store):
    return Acme(settings, store)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package where Python finds it, the way an installer leaves it there."""
    site = tmp_path / "site"
    modules: list[str] = []

    def put(kind: str, module: str, code: str, entry: str = "KIND") -> None:
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(code, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[stillopen.clouds]\n{kind} = {module}:{entry}\n", encoding="utf-8")
        modules.append(module)

    monkeypatch.syspath_prepend(str(site))
    find.cache_clear()
    yield put
    find.cache_clear()
    importlib.invalidate_caches()
    for module in modules:
        sys.modules.pop(module, None)


def shop_folder(folder: Path) -> Path:
    (folder / "shop").mkdir()
    return folder / "shop"


def section(kind: str, base_url: str = "https://acme.example") -> str:
    return f'[[cloud]]\nname = "ours"\nkind = "{kind}"\nbase_url = "{base_url}"\nkey = {{ env = "ACME_KEY" }}\n'


class Acme:
    """The system that the package is for."""

    def __init__(self) -> None:
        self.sales: dict[str, str] = {}
        self.keys: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.keys.add(headers["authorization"])
        self.sales[scope["path"].rpartition("/")[2]] = scope["method"]
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def test_a_sale_reaches_the_cloud_of_an_installed_package(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme", "acme_stillopen", ACME)
    monkeypatch.setenv("ACME_KEY", "a-key-of-acmes")
    acme = Acme()
    async with (
        serving(acme) as base_url,
        opened(shop_folder(tmp_path), config=CONFIG + section("acme", base_url)) as shop,
    ):
        record = await shop.sold("MUG")
        await shop.until(lambda: shop.app.lanes.views()["ours"]["delivered"] == 1)
    assert acme.sales == {record["id"]: "PUT"}
    assert acme.keys == {"Key a-key-of-acmes"}
    assert "acme" in names()


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        ("raise RuntimeError('made for version 0.0')", "KIND", "RuntimeError: made for version 0.0"),
        ("import nothing_of_that_name", "KIND", "ModuleNotFoundError"),
        ("KIND = 3", "KIND", "no CloudKind"),
        (ACME.replace('CloudKind("acme"', 'CloudKind("other"'), "KIND", "its kind 'other'"),
        (ACME, "KINDS", "AttributeError"),
        (ACME.replace("Settings(CloudSettings)", "Settings"), "KIND", "no pydantic model"),
        (ACME.replace("CAPABILITIES = Capabilities(", "CAPABILITIES = dict("), "KIND", "no Capabilities"),
        (ACME.replace("CAPABILITIES", "CAPABILITY"), "KIND", "AttributeError"),
    ],
)
async def test_a_broken_package_is_named_and_stops_no_sale(
    install: Install,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    entry: str,
    why: str,
) -> None:
    install("acme", "acme_stillopen", code, entry)
    monkeypatch.setenv("ACME_KEY", "a-key-of-acmes")
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG + section("acme"), encoding="utf-8")
    with pytest.raises(ConfigInvalid) as raised:
        load(file)
    (one,) = raised.value.problems
    assert one.code == "kind-broken"
    assert "acme_stillopen" in str(one)
    assert why in str(one)
    assert main(["check", "--config", str(file), "--state", str(tmp_path / "state"), "--json"]) == 2
    assert "kind-broken" in json.loads(capsys.readouterr().out)["problems"][0]["code"]
    async with opened(shop_folder(tmp_path), config=CONFIG + section("acme"), need_secrets=False) as shop:
        await shop.sold("MUG")
        view = shop.app.lanes.views()["ours"]
    assert view["waiting"] == 1, "it is there when the package is mended"
    assert "acme_stillopen" in view["last_error"]


async def test_a_connector_that_cannot_be_made_stops_no_sale(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme", "acme_stillopen", ACME.replace("self._key = settings.key", "raise OSError('no modem')"))
    monkeypatch.setenv("ACME_KEY", "a-key-of-acmes")
    async with opened(shop_folder(tmp_path), config=CONFIG + section("acme")) as shop:
        await shop.sold("MUG")
        assert "no modem" in shop.app.lanes.views()["ours"]["last_error"]


def test_a_built_in_kind_is_not_taken_over(install: Install) -> None:
    install("square", "acme_stillopen", ACME)
    assert find("square") is KINDS["square"]


def test_a_kind_that_nobody_brings_is_a_mistake_in_the_file(install: Install, tmp_path: Path) -> None:
    install("acme", "acme_stillopen", ACME)
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG + section("acne"), encoding="utf-8")
    with pytest.raises(ConfigInvalid, match='did you mean "acme"'):
        load(file, need_secrets=False)


def test_the_page_shows_this_very_connector() -> None:
    page = (Path(__file__).parents[2] / "outbox" / "clouds" / "packages.md").read_text(encoding="utf-8")
    shown: Any = page.split("```python\n", 1)[1].split("```", 1)[0]
    assert shown.strip() == ACME.strip()
