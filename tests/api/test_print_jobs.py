"""Printing for other front ends: a document or raw bytes, each with its outcome, once, over restarts too."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.shop import CONFIG, Shop, open_shop
from tests.api.test_api_routes import shaped

JOBS = "/v1/printers/receipt/jobs"
RAW = b"\x1b@\x1bt\x13Total   12,50 \xd5\n\x1dV\x42\x00"


def raw(content: bytes) -> dict[str, Any]:
    return {"raw": base64.b64encode(content).decode()}


async def ended(shop: Shop, job: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while job["state"] == "pending":
            await asyncio.sleep(0.02)
            job = shop.body(await shop.client.get(f"/v1/jobs/{job['id']}"))
    shaped("Job", job)
    return job


async def test_raw_bytes_print_and_the_event_tells_how_it_ended(shop: Shop) -> None:
    async with shop.events() as listener:
        answer = await shop.client.post(JOBS, json=raw(RAW))
        assert answer.status_code == 202, answer.text
        shaped("Job", answer.json())
        async with asyncio.timeout(20):
            while (told := json.loads(await listener.recv())).get("state") != "printed":
                pass
    assert (told["type"], told["job"]) == ("print", answer.json()["id"])
    assert (await ended(shop, answer.json()))["state"] == "printed"
    assert b"Total   12,50 \xd5\n" in shop.printer.receipts[-1].text
    assert not shop.printer.kicks


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Hi\n\x1bp\x00\x19\xfa", "POST /v1/tills/{till}/drawer"),
        (b"\x10\x14\x01\x00\x01", "real-time"),
        (b"\x1dv0\x00\x48\x00\xff\x00", "end is missing"),
        (b"\x1b\x7f", "not known"),
    ],
)
async def test_raw_bytes_that_do_more_are_refused_and_nothing_is_queued(shop: Shop, content: bytes, said: str) -> None:
    answer = await shop.client.post(JOBS, json=raw(content))
    assert (answer.status_code, answer.json()["code"]) == (422, "document")
    assert said in answer.json()["detail"]
    assert not shop.app.journal.reader.execute("select count(*) from print_job").fetchone()[0]


async def test_one_thing_is_printed_at_a_time(shop: Shop) -> None:
    text = {"document": [{"type": "text", "text": "Hello"}]}
    wrongs: list[dict[str, Any]] = [{}, text | raw(RAW), {"document": []}, {"raw": ""}, {"raw": 7}]
    for body in wrongs:
        answer = await shop.client.post(JOBS, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), body
    for wrong in ("no", "é" * 4):
        answer = await shop.client.post(JOBS, json={"raw": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "document"), wrong
        assert "base64" in answer.json()["detail"]


async def test_a_document_the_printer_cannot_print_is_refused_at_once(shop: Shop) -> None:
    wrong = {"document": [{"type": "barcode", "symbology": "ean13", "data": "4006381333932"}]}
    answer = await shop.client.post(JOBS, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "document")
    assert "check digit" in answer.json()["detail"]


async def test_raw_bytes_of_a_star_are_refused(tmp_path: Path) -> None:
    star = CONFIG.replace('port = "sim://receipt"', 'port = "sim://receipt"\ndialect = "star_line"')
    async with open_shop(tmp_path, config=star) as shop:
        answer = await shop.client.post(JOBS, json=raw(RAW))
        assert (answer.status_code, answer.json()["code"]) == (422, "document")
        assert "send a document" in answer.json()["detail"]


async def test_a_lost_answer_is_asked_for_again_and_printed_once(tmp_path: Path) -> None:
    key = {"Idempotency-Key": "receipt-7"}
    async with open_shop(tmp_path) as shop:
        first = await shop.client.post(JOBS, json=raw(RAW), headers=key)
        again = await shop.client.post(JOBS, json=raw(RAW), headers=key)
        assert (again.status_code, again.content) == (202, first.content)
        assert (await ended(shop, first.json()))["state"] == "printed"
        assert len(shop.printer.receipts) == 1
    async with open_shop(tmp_path) as shop:
        again = await shop.client.post(JOBS, json=raw(RAW), headers=key)
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        assert (await ended(shop, again.json()))["state"] == "printed"
        assert not shop.printer.receipts


async def test_a_job_that_waits_for_its_printer_outlives_the_agent(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        shop.printer.run_out_of_paper()
        job = shop.body(await shop.client.post(JOBS, json=raw(RAW)))
        async with asyncio.timeout(20):
            while job["reason"] != "the printer is out of paper":
                await asyncio.sleep(0.02)
                job = shop.body(await shop.client.get(f"/v1/jobs/{job['id']}"))
        assert (job["state"], job["hint"]) == ("pending", "Put in a new roll and close the cover.")
    async with open_shop(tmp_path) as shop:
        assert (await ended(shop, job))["state"] == "printed"
        assert b"Total" in shop.printer.receipts[-1].text


async def test_raw_bytes_that_a_power_cut_took_are_unknown_and_not_sent_again(shop: Shop) -> None:
    await ended(shop, shop.body(await shop.client.post(JOBS, json=raw(b"first\n\x1dVB\x00"))))
    shop.printer.power_off_at = shop.printer.taken + 250
    job = shop.body(await shop.client.post(JOBS, json=raw(b"a long line of a long receipt\n" * 60 + b"\x1dVB\x00")))
    job = await ended(shop, job)
    assert (job["state"], bool(job["reason"])) == ("unknown", True)
    assert "Look at the paper" in job["hint"]
    shop.printer.power_off_at = None
    shop.printer.power_on()
    job = shop.body(await shop.client.post(JOBS, json=raw(b"next\n\x1dVB\x00")))
    assert (await ended(shop, job))["state"] == "printed"
    assert sum(b"next" in receipt.text for receipt in shop.printer.receipts) == 1
    assert sum(receipt.text.count(b"a long line") for receipt in shop.printer.receipts) < 60


@pytest.mark.parametrize("wanted", [{"document": [{"type": "text", "text": "Total 12"}] * 40}, raw(RAW[:-4] * 20)])
async def test_an_unknown_job_is_decided_by_one_request_and_the_copy_says_so(
    shop: Shop, wanted: dict[str, Any]
) -> None:
    await shop.client.post(JOBS, json={"document": [{"type": "text", "text": "ready"}, {"type": "cut"}]})
    async with asyncio.timeout(20):
        while not shop.printer.receipts:
            await asyncio.sleep(0.01)
    shop.printer.power_off_at = shop.printer.taken + 250
    first = await ended(shop, shop.body(await shop.client.post(JOBS, json=wanted)))
    shop.printer.power_on()
    assert first["state"] == "unknown"
    again = f"/v1/jobs/{first['id']}/print"
    answers = [await shop.client.post(again, headers={"Idempotency-Key": "one-touch"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    copy = await ended(shop, answers[0].json())
    assert (copy["state"], copy["copy"]) == ("printed", True)
    cut = await ended(shop, shop.body(await shop.client.post(JOBS, json={"document": [{"type": "cut"}]})))
    assert cut["state"] == "printed"
    assert shop.printer.receipts[-1].text.count(b"* COPY *") == 1
    assert shop.printer.receipts[-1].text.rpartition(b"* COPY *")[2].count(b"Total") >= 20
    assert (await ended(shop, first))["state"] == first["state"]  # nobody has seen the first one


async def test_a_copy_of_what_is_under_way_unheard_of_or_gone_is_refused(shop: Shop) -> None:
    answer = await shop.client.post("/v1/jobs/nobody/print")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-job")
    shop.printer.run_out_of_paper()
    job = shop.body(await shop.client.post(JOBS, json=raw(RAW)))
    answer = await shop.client.post(f"/v1/jobs/{job['id']}/print")
    assert (answer.status_code, answer.json()["code"]) == (409, "job-pending")
    shop.printer.load_paper()
    job = await ended(shop, job)
    await shop.app.journal.write(lambda connection: connection.execute("update print_job set document = null"))
    answer = await shop.client.post(f"/v1/jobs/{job['id']}/print")
    assert (answer.status_code, answer.json()["code"]) == (409, "document-gone")
