"""One version back: a journal that a newer version has migrated is gone on with by the one before it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from agent import api_token
from agent.app import App
from agent.config import load
from agent.server import Server
from outbox import chain, schema
from outbox.errors import JournalNewer
from outbox.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDITIVE = """
alter table record add column weather text;
alter table delivery add column lane integer not null default 7;
create table weather(day text primary key, said text not null) strict;
create index record_weather on record(weather) where weather is not null;
"""
CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
"""


@contextmanager
def newer(script: str, readable_by: int) -> Iterator[None]:
    """Be the next version: one more migration, for a while."""
    migrations, readable = schema.MIGRATIONS, schema.READABLE_BY
    schema.MIGRATIONS, schema.READABLE_BY = (*migrations, script), (*readable, readable_by)
    try:
        yield
    finally:
        schema.MIGRATIONS, schema.READABLE_BY = migrations, readable


async def sold(config: Path, state: Path) -> int:
    """Start an agent on a state, sell once, stop; returns how many records there are by then, all of which hold."""
    async with App(load(config), state) as app, Server(app, port=0) as server:
        headers = {"Authorization": f"Bearer {api_token.read(state)}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client:
            sale = (await client.post("/v1/sales", json={"till": "till-1"})).json()["id"]
            await client.post(f"/v1/sales/{sale}/lines", json={"name": "Mug", "price": 500})
            await client.post(f"/v1/sales/{sale}/tenders", json={"type": "cash", "amount": 500})
            assert (await client.post(f"/v1/sales/{sale}/complete", json={})).status_code == 200
    with closing(schema.connect_to_read(state / FILE)) as reader:
        found = chain.verify(reader)
        assert found.broken is None
        return found.records


async def test_the_version_before_sells_on_in_a_journal_that_a_newer_one_has_migrated(tmp_path: Path) -> None:
    config, state = tmp_path / "stillopen.toml", tmp_path / "state"
    config.write_text(CONFIG, encoding="utf-8")
    before = await sold(config, state)
    known = len(schema.MIGRATIONS)
    with newer(ADDITIVE, known):
        after = await sold(config, state)
        with closing(schema.connect_to_read(state / FILE)) as reader:
            assert reader.execute("pragma user_version").fetchone() == (known + 1,)
    back = await sold(config, state)  # an update that was not well was left again
    assert before < after < back
    with closing(schema.connect_to_read(state / FILE)) as reader:
        assert reader.execute("pragma user_version").fetchone() == (known + 1,)  # nothing was taken back
    with newer(ADDITIVE, known):  # and comes once more
        assert await sold(config, state) > back


def test_a_journal_whose_migration_says_that_it_cannot_be_left_is_refused(tmp_path: Path) -> None:
    known = len(schema.MIGRATIONS)
    with newer("create table weather(day text primary key) strict;", known + 1):
        schema.connect(tmp_path / FILE).close()
    with pytest.raises(JournalNewer):
        schema.connect(tmp_path / FILE)
    with pytest.raises(JournalNewer):
        schema.connect_to_read(tmp_path / FILE)


@pytest.mark.parametrize("said", ["x", "99", "", "2 of 2", "2 of 4", "-1 of 3", "3 of 3"])
def test_a_newer_journal_that_does_not_say_who_can_go_on_with_it_is_refused(tmp_path: Path, said: str) -> None:
    schema.connect(tmp_path / FILE).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute(
            "insert into upkeep values ('readable by', ?) on conflict do update set value = excluded.value", (said,)
        )
        file.execute(f"pragma user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(JournalNewer):
        schema.connect(tmp_path / FILE)


# --- what each migration may do, from the third on ---


def shape(connection: sqlite3.Connection) -> dict[str, object]:
    """Return every table's columns, and what guards its rows."""
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    found: dict[str, object] = {}
    for table in tables:
        for _, name, kind, notnull, default, key, _ in connection.execute(f"pragma table_xinfo({table})"):
            found[f"{table}.{name}"] = (kind, notnull, default, key)
        for _, name, unique, origin, _ in connection.execute(f"pragma index_list({table})"):
            columns = tuple(row[2] for row in connection.execute(f"pragma index_info({name})"))
            if unique:
                found[f"{table}: unique {columns} {origin}"] = True
    for name, table, sql in connection.execute("select name, tbl_name, sql from sqlite_master where type = 'trigger'"):
        found[f"{table}: trigger {name}"] = sql
    return found


def hindrances(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """Return what of a migration code that does not know of it could not go on with."""
    tables = {name.split(".")[0] for name in before if "." in name and ":" not in name}
    wrong = [f"{name} is gone, or another" for name, what in before.items() if after.get(name) != what]
    for name, what in after.items():
        table = name.split(":")[0].split(".")[0]
        if name in before or table not in tables:
            continue
        if ":" in name:
            wrong.append(f"{name} is new on a table that was there")
        elif isinstance(what, tuple) and what[1] and what[2] is None:
            wrong.append(f"{name} has to be given, and has no default")
    return wrong


def migrated(upto: int, *more: str) -> dict[str, object]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in (*schema.MIGRATIONS[:upto], *more):
            connection.executescript(script)
        return shape(connection)


def test_a_migration_that_says_it_can_be_left_can_be() -> None:
    for number, least in enumerate(schema.READABLE_BY, start=1):
        assert least == number or hindrances(migrated(number - 1), migrated(number)) == []


def test_each_migration_says_by_whom_it_can_be_read() -> None:
    assert len(schema.READABLE_BY) == len(schema.MIGRATIONS)
    assert all(1 <= least <= number for number, least in enumerate(schema.READABLE_BY, start=1))
    assert list(schema.READABLE_BY) == sorted(schema.READABLE_BY)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("alter table delivery drop column remote_id;", "delivery.remote_id is gone"),
        ("alter table print_job rename column form to shape;", "print_job.form is gone"),
        ("create unique index one_name on staff(name);", "unique .* is new on a table that was there"),
        (
            "create trigger no_more before insert on delivery begin select raise(abort, 'no'); end;",
            "trigger no_more is new",
        ),
        ("drop trigger record_no_delete;", "trigger record_no_delete is gone"),
    ],
)
def test_what_the_version_before_could_not_go_on_with_is_found(script: str, why: str) -> None:
    found = hindrances(migrated(len(schema.MIGRATIONS)), migrated(len(schema.MIGRATIONS), script))
    assert any(re.search(why, one) for one in found), found


def test_what_it_can_go_on_with_is_let_through() -> None:
    known = len(schema.MIGRATIONS)
    assert hindrances(migrated(known), migrated(known, ADDITIVE)) == []
