"""Customers that a cloud gives, on the store's own list: what is changed or forgotten here stays so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.customers import Customers
from agent.problem import Problem
from agent.pulled_customers import PulledCustomers
from agent.staff.by import OF_ITSELF
from outbox.feeds import PulledCustomer
from outbox.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA = PulledCustomer("c1", "1", "Ada Byron", phone="+44 20 1", email="ada@example.com", number="K1")
EMIL = PulledCustomer("c2", "1", "Emil Noether", number="K2")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path)
    await journal.open()
    yield journal
    await journal.close()


@pytest.fixture
def pulled(journal: Journal) -> PulledCustomers:
    return PulledCustomers(journal, lambda: NOW)


@pytest.fixture
def customers(journal: Journal) -> Customers:
    return Customers(journal, lambda: NOW)


def listed(customers: Customers) -> list[dict[str, Any]]:
    return [customer.to_json() for customer in customers.search("", 100)]


async def test_they_are_found_like_those_added_here(pulled: PulledCustomers, customers: Customers) -> None:
    assert await pulled.take("shop", [ADA, EMIL], [], mark=None) == 2
    assert await pulled.take("shop", [ADA, EMIL], [], mark=None) == 0, "applied again, it changes nothing"

    (found,) = customers.search("ada", 5)
    assert (found.name, found.phone, found.email, found.number) == (ADA.name, ADA.phone, ADA.email, "K1")


async def test_what_was_changed_here_stays(pulled: PulledCustomers, customers: Customers) -> None:
    await pulled.take("shop", [ADA], [], mark=None)
    (ada,) = customers.search("ada", 5)
    await customers.change(ada.id, {"phone": "0171", "exempt_reason": "Diplomat"}, key=None, by=OF_ITSELF)

    newer = PulledCustomer("c1", "2", "Ada Lovelace", phone="+44 20 2", number="K1")
    assert await pulled.take("shop", [newer], [], mark=None) == 1

    (now,) = customers.search("lovelace", 5)
    assert (now.id, now.phone, now.email, now.exempt_reason) == (ada.id, "0171", None, "Diplomat")
    assert await pulled.take("shop", [ADA], [], mark=None) == 0, "an older version changes nothing"


async def test_whom_the_store_forgot_does_not_come_back(pulled: PulledCustomers, customers: Customers) -> None:
    await pulled.take("shop", [ADA], [], mark=None)
    (ada,) = customers.search("ada", 5)
    await customers.remove(ada.id, key=None, by=OF_ITSELF)

    assert await pulled.take("shop", [ADA], [], mark="m") == 0
    assert listed(customers) == []


async def test_one_that_went_up_with_a_sale_does_not_come_down_as_another(
    pulled: PulledCustomers, customers: Customers
) -> None:
    made = await customers.create({"name": "Bo"}, key=None, by=OF_ITSELF)
    again = PulledCustomer("c9", "1", "Bo", reference=made.body["id"])

    assert await pulled.take("shop", [again], [], mark=None) == 0
    assert [one["name"] for one in listed(customers)] == ["Bo"]


async def test_who_is_gone_there_is_gone_here_unless_somebody_changed_them(
    pulled: PulledCustomers, customers: Customers
) -> None:
    await customers.create({"name": "Our own"}, key=None, by=OF_ITSELF)
    third = PulledCustomer("c3", "1", "Third")
    await pulled.take("shop", [ADA, EMIL, third], [], mark="one")
    (emil,) = customers.search("emil", 5)
    await customers.change(emil.id, {"email": "emil@example.com"}, key=None, by=OF_ITSELF)

    await pulled.take("shop", [], ["c1"], mark=None)
    await pulled.take("shop", [], [], mark="two")
    swept = await pulled.sweep_off("shop", "two", let_go=False)

    assert (swept.gone, swept.known, swept.stopped) == (2, 2, False)
    assert sorted(one["name"] for one in listed(customers)) == ["Emil Noether", "Our own"]
    assert await pulled.take("shop", [EMIL], [], mark=None) == 1, "it is another one from now on, with no number"


async def test_a_sweep_that_would_empty_the_list_stops(pulled: PulledCustomers, customers: Customers) -> None:
    many = [PulledCustomer(f"c{n}", None, f"Customer {n}") for n in range(50)]
    await pulled.take("shop", many, [], mark="one")
    await pulled.take("shop", many[:10], [], mark="two")

    assert (await pulled.sweep_off("shop", "two", let_go=False)).stopped
    assert len(listed(customers)) == 50
    assert not (await pulled.sweep_off("shop", "two", let_go=True)).stopped
    assert len(listed(customers)) == 10


async def test_odd_texts_and_taken_numbers_are_taken_as_far_as_they_go(
    pulled: PulledCustomers, customers: Customers
) -> None:
    await customers.create({"name": "First", "number": "K1"}, key=None, by=OF_ITSELF)
    nobody = PulledCustomer("c4", None, "  ")
    long = PulledCustomer("c5", None, "x" * 500, email="  a@example.com ")
    by_mail = PulledCustomer("c6", None, "", email="b@example.com")

    assert await pulled.take("shop", [ADA, nobody, long, by_mail], [], mark=None) == 3
    names = {one["name"]: one for one in listed(customers)}
    assert names["Ada Byron"]["number"] is None
    assert names["x" * 100]["email"] == "a@example.com"
    assert "b@example.com" in names
    with pytest.raises(Problem):
        customers.view("nobody")
