"""The lying Stripe's readers, with customers in front of them who pay, are declined, walk away or take their time.

What the next customers do is said beforehand: `readers.put("tmr_1", "declined", "pays")`. A reader that nobody was
put at has customers who pay. Each goes on when somebody asks what has become of it, `slow` askings later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.clouds.lying_stripe_books import Books, No

Object = dict[str, Any]


@dataclass
class Reader:
    """One reader and its queue of customers."""

    id: str
    customers: list[str] = field(default_factory=list)
    slow: int = 0  # askings before the customer has done anything
    online: bool = True
    action: Object | None = None
    now_with: str = ""
    looks: int = 0
    authorising: bool = False  # it can't be stopped any more
    handed: list[str] = field(default_factory=list)  # payments, in order


@dataclass
class Readers:
    """The account's readers. `fails_to_tell` codes: what handing over answers, once each."""

    books: Books = field(default_factory=Books)
    by_id: dict[str, Reader] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def put(self, reader_id: str, *customers: str, slow: int = 0) -> Reader:
        """Put a reader on the counter, or more customers before one that is there."""
        reader = self.by_id.setdefault(reader_id, Reader(reader_id))
        reader.customers += customers
        reader.slow = slow
        return reader

    def answer(self, method: str, path: list[str], asked: Object) -> Object:
        """Answer what comes after `/v1/terminal/readers`."""
        if not path:
            shown = [self._shown(reader) for reader in self.by_id.values()]
            return {"object": "list", "data": shown, "has_more": False}
        reader = self.by_id.get(path[0])
        if reader is None:
            raise No("resource_missing", f"No such terminal.reader: '{path[0]}'", status=404, param="reader")
        if method == "POST" and path[1] == "process_payment_intent":
            self._hand(reader, asked)
        elif method == "POST" and path[1] == "cancel_action":
            if reader.authorising:
                raise No("terminal_reader_busy", "The reader is past the point where it can be stopped")
            reader.action = None
        else:
            self.tick()
        return self._shown(reader)

    def tick(self) -> None:
        """Let each customer go on, once they have taken their time."""
        for reader in self.by_id.values():
            if reader.action is not None and reader.action["status"] == "in_progress" and reader.online:
                reader.looks += 1
                if reader.looks > reader.slow:
                    self._act(reader)

    def _hand(self, reader: Reader, asked: Object) -> None:
        intent = self.books.intent(asked["payment_intent"])
        if self.refusals:
            raise No(self.refusals.pop(0), "planted")
        if not reader.online:
            raise No("terminal_reader_offline", "Reader is currently offline, please ensure it is powered on")
        if reader.action is not None and reader.action["status"] == "in_progress":
            raise No("terminal_reader_busy", "Reader is currently busy processing another request")
        if intent["status"] != "requires_payment_method":
            raise No("intent_invalid_state", f"The payment is {intent['status']}")
        reader.handed.append(intent["id"])
        reader.now_with = reader.customers.pop(0) if reader.customers else "pays"
        reader.looks, reader.authorising = 0, False
        reader.action = {
            "type": "process_payment_intent",
            "status": "in_progress",
            "failure_code": None,
            "failure_message": None,
            "process_payment_intent": {"payment_intent": intent["id"]},
        }

    def _act(self, reader: Reader) -> None:
        assert reader.action is not None, "somebody stands there"
        intent = self.books.intent(reader.action["process_payment_intent"]["payment_intent"])
        if intent["status"] != "requires_payment_method":
            reader.action |= {"status": "failed", "failure_code": "intent_invalid_state", "failure_message": "too late"}
            return
        match reader.now_with:
            case "pays" | "part":
                amount = intent["amount"] // 2 if reader.now_with == "part" else None
                self.books.pay(intent, "4242", amount=amount)
                reader.action["status"] = "succeeded"
            case "declined":
                message = "Your card was declined."
                intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": message}
                reader.action |= {"status": "failed", "failure_code": "card_declined", "failure_message": message}
            case "cancels":
                message = "The customer cancelled."
                reader.action |= {"status": "failed", "failure_code": "customer_canceled", "failure_message": message}
            case "unplugged":
                reader.online = False
            case _:
                pass  # they walk about: nothing happens

    def _shown(self, reader: Reader) -> Object:
        status = "online" if reader.online else "offline"
        return {
            "object": "terminal.reader",
            "id": reader.id,
            "status": status,
            "label": reader.id,
            "livemode": False,
            "action": reader.action,
        }
