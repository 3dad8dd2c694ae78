"""What a walk through the routes does not meet: a cloud that is away, a stopped disk, odd headers."""

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from agent.api.metrics import Figure, figures, text
from agent.api.refusals import problem_of
from drivers.errors import DocumentInvalid, NotReady
from outbox.errors import JournalDamaged, JournalUnclear
from tests.api.shop import CONFIG, POS, Shop, open_shop

CLOUD = """
[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/records"
secret = { file = "secret.txt" }
"""  # nothing listens on port 9


async def test_a_cloud_that_is_away_shows_in_outbox_and_figures(tmp_path: Path) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    await asyncio.to_thread((tmp_path / "secret.txt").write_text, secret)
    async with open_shop(tmp_path, config=CONFIG + CLOUD) as shop:
        await shop.sold()
        page = shop.body(await shop.client.get("/v1/outbox", params={"cloud": "hook", "limit": 1}))
        (delivery,) = page["deliveries"]
        assert page["clouds"]["hook"]["delivered"] == 0
        rest = shop.body(await shop.client.get("/v1/outbox", params={"after": page["next"]}))
        assert delivery["id"] not in {one["id"] for one in rest["deliveries"]}
        retried = await shop.client.post(f"/v1/outbox/{delivery['id']}/retry", headers={"Idempotency-Key": "once"})
        assert shop.body(retried)["id"] == delivery["id"]
        for missing in ("999", "none", "-1", "9" * 30):
            answer = await shop.client.post(f"/v1/outbox/{missing}/retry")
            assert (answer.status_code, answer.json()["code"]) == (404, "no-such-delivery")

        later = datetime(2099, 1, 1, tzinfo=UTC)
        found = {figure.name: figure for figure in figures(shop.app, later)}
        samples = found["stillopen_deliveries"].samples
        assert (
            sum(value for labels, value in samples if labels["state"] in {"waiting", "sending"}) == 3
        )  # its shift, too
        ((labels, age_s),) = found["stillopen_delivery_oldest_waiting_seconds"].samples
        assert labels == {"cloud": "hook"}
        assert age_s > 0
        past = datetime(2000, 1, 1, tzinfo=UTC)  # a clock set back is no negative age
        found = {figure.name: figure for figure in figures(shop.app, past)}
        assert found["stillopen_delivery_oldest_waiting_seconds"].samples == (({"cloud": "hook"}, 0.0),)


def test_labels_are_escaped_as_prometheus_reads_them() -> None:
    figure = Figure("x", "gauge", "A thing.", (({"name": 'a"b\\c\nd'}, 1), ({}, 0.5)))
    assert text(iter([figure])) == '# HELP x A thing.\n# TYPE x gauge\nx{name="a\\"b\\\\c\\nd"} 1\nx 0.5\n'


async def test_health_fails_when_the_disk_has(shop: Shop) -> None:
    shop.app.journal._writer.fault = JournalUnclear("the disk failed", hint="Check the disk.")
    answer = await shop.stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "cannot sell"})
    selling = await shop.client.post("/v1/sales", json={"till": "till-1"})
    assert (selling.status_code, selling.json()["code"]) == (500, "disk-unclear")
    assert selling.json()["detail"] == "the disk failed. Check the disk."
    assert "stillopen_selling 0" in (await shop.client.get("/metrics")).text
    shop.app.journal._writer.fault = None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (JournalDamaged("damaged", hint="Put back the backup."), 500, "disk-unavailable"),
        (DocumentInvalid("no document", hint="Give one."), 422, "invalid-document"),
        (NotReady("paper out", hint="Put paper in."), 409, "device-trouble"),
        (NotReady("paper out"), 409, "device-trouble"),
        (HTTPException(404), 404, "no-such-path"),
        (HTTPException(405), 405, "method-not-allowed"),
        (HTTPException(400, "Bad range"), 400, "not-understood"),
        (ZeroDivisionError(), 500, "bug"),
    ],
)
def test_every_error_has_its_words(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)
    assert problem.detail


@pytest.mark.parametrize("cookie", ["", "=", "a=b; stillopen-1=x", "\x01=\x02", "stillopen-8750", "x" * 5000])
async def test_other_servers_cookies_are_nobodys(shop: Shop, cookie: str) -> None:
    answer = await shop.stranger.get("/v1/status", headers={"Cookie": cookie})
    assert (answer.status_code, answer.json()["code"]) == (401, "not-paired")


async def test_network_access_is_granted_only_where_asked(shop: Shop) -> None:
    asked = {"Origin": POS, "Access-Control-Request-Method": "GET"}
    answer = await shop.stranger.options("/v1/status", headers=asked)
    assert answer.status_code == 204
    assert "access-control-allow-private-network" not in answer.headers


async def test_what_is_refused_is_told_loudly_only_so_often(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(300):
        await shop.stranger.get("/v1/status", headers={"Origin": f"https://{number}.example.com"})
    loud = [record for record in caplog.records if record.levelname == "WARNING" and "Refused" in record.message]
    assert len(loud) == 256
