"""Replies, and how they are kept: a repeat gets the very text that was told first."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from outbox import answers, schema
from outbox.answers import Key, Reply
from tests.outbox.facts import AT, draft, write

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.journal import Journal

KEY = Key("local", "k1", "digest")


def test_a_reply_is_its_status_and_its_body() -> None:
    assert Reply(200, {"n": 1}) == Reply(200, {"n": 1})
    assert Reply(200, {"n": 1}) != Reply(201, {"n": 1})
    assert Reply(200, {"n": 1}) != Reply(200, {"n": 2})
    assert Reply(200, {"n": 1}) != (200, {"n": 1})
    assert repr(Reply(200, {"n": 1})) == "Reply(200, {'n': 1})"


def test_its_text_is_made_once() -> None:
    reply = Reply(200, {"name": "Käse", "price": 250})
    assert reply.text == '{"name":"Käse","price":250}'
    assert reply.text is reply.text


async def test_a_repeat_has_the_same_text(journal: Journal) -> None:
    reply = Reply(200, {"b": "Käse", "a": [1, {"z": None, "y": True}]})
    assert not reply.kept
    await journal.keep_answer(KEY, reply, AT)
    found = journal.answer(KEY)
    assert found is not None
    assert (found[0].text, found[0].kept, found[1]) == (reply.text, True, True)
    assert reply.kept


async def test_nobody_can_repeat_what_was_asked_without_a_key(journal: Journal) -> None:
    reply = await journal.write(lambda tx: answers.keep(tx, None, Reply(200, {}), AT))
    assert not reply.kept
    assert journal.reader.execute("select count(*) from answer").fetchone() == (0,)


async def test_a_reply_that_tells_of_a_record_is_kept_without_it(journal: Journal) -> None:
    record = await write(journal, draft(name="Käse"))
    reply = Reply.of_record(200, record, print="pending")
    assert reply.body == record.body | {"print": "pending"}
    assert json.loads(reply.text) == reply.body
    await journal.keep_answer(KEY, reply, AT)
    found = journal.answer(KEY)
    assert found is not None
    assert (found[0], found[0].text) == (reply, reply.text)
    kept = journal.reader.execute("select record, body from answer").fetchall()
    assert kept == [(record.id, '{"print":"pending"}')]


async def test_the_first_answer_to_a_key_stays(journal: Journal) -> None:
    record = await write(journal, draft())
    await journal.keep_answer(KEY, Reply.of_record(200, record, print="pending"), AT)
    await journal.keep_answer(KEY, Reply(409, {"code": "sale-closed"}), AT)
    found = journal.answer(KEY)
    assert found is not None
    assert (found[0].status, found[0].body["print"]) == (200, "pending")


def test_an_answer_of_an_older_program_is_told_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    old = sqlite3.connect(file, isolation_level=None)
    old.executescript(
        f"{schema.MIGRATIONS[0]} pragma application_id = {schema.APPLICATION_ID}; pragma user_version = 1;"
    )
    body = {"id": "s1", "name": "Käse", "print": "pending"}
    row = (KEY.caller, KEY.key, KEY.fingerprint, json.dumps(body), AT)
    old.execute("insert into answer values (?, ?, ?, 200, ?, ?)", row)
    old.close()
    connection = schema.connect(file)
    found = answers.find(connection, KEY)
    connection.close()
    assert found is not None
    assert (found[0].body, found[0].text) == (body, answers.as_json(body))
