"""Everything a role can be needed for: the one table that the routes, the configuration and the page read.

Roles rank cashier, supervisor, manager: who is more may do what who is less may. A tech stands beside them, and
may do what the table says of techs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.staff.actor import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """What somebody does, as `[permissions]`, refusals and the audit trail call it."""

    SELL = "sell"
    OPEN_ITEM = "open_item"
    PRICE_OVERRIDE = "price_override"
    DISCOUNT_OVER_LIMIT = "discount_over_limit"
    EXPIRED_ITEM = "expired_item"
    AGE_CHECK = "age_check"
    TAX_EXEMPT = "tax_exempt"
    EMPTIES = "empties"
    LINE_VOID = "line_void"
    SALE_VOID = "sale_void"
    NO_SALE = "no_sale"
    REFUND = "refund"
    REFUND_WITHOUT_RECEIPT = "refund_without_receipt"
    CARD_GIVE_BACK = "card_give_back"
    CARD_LEAVE = "card_leave"
    REPRINT = "reprint"
    PAY_IN = "pay_in"
    PAY_OUT = "pay_out"
    SAFE_DROP = "safe_drop"
    SHIFT_OPEN = "shift_open"
    SHIFT_CLOSE = "shift_close"
    SHIFT_REPORT = "shift_report"
    EXPECTED_CASH = "expected_cash"
    CATALOGUE_ADD = "catalogue_add"
    CUSTOMER_REMOVE = "customer_remove"
    TRAINING = "training"
    FORCE_OFFLINE = "force_offline"
    DEVICE_USE = "device_use"
    DEVICE_TEST = "device_test"
    DEVICE_TEACH = "device_teach"
    DEVICE_TRACE = "device_trace"
    DELIVERY_RETRY = "delivery_retry"
    DELIVERY_SETTLE = "delivery_settle"
    CLOUD_PULL = "cloud_pull"
    STAFF = "staff"
    SETTINGS = "settings"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Rule:
    """The least role that may do it, whether a tech may too, and what a person reads: "… needs a manager"."""

    least: Role
    words: str
    tech: bool = False

    def allows(self, role: Role | None) -> bool:
        """Say whether somebody of that role may do it."""
        if role is Role.TECH:
            return self.tech or self.least is Role.TECH
        return role is not None and _RANK[role] >= _RANK[self.least]


_RANK = {Role.CASHIER: 0, Role.SUPERVISOR: 1, Role.MANAGER: 2, Role.TECH: 2}  # what needs a tech, a manager may too

# What the fixed API lists is a cashier's, so that scripts with the local token go on; `[permissions]` raises it.
DEFAULTS: Mapping[Action, Rule] = MappingProxyType(
    {
        Action.SELL: Rule(Role.CASHIER, "ringing a sale"),
        Action.OPEN_ITEM: Rule(Role.CASHIER, "ringing what is in no catalogue at a price of one's own"),
        Action.PRICE_OVERRIDE: Rule(Role.CASHIER, "changing a price"),
        Action.DISCOUNT_OVER_LIMIT: Rule(Role.SUPERVISOR, "a discount above the store's limit"),
        Action.EXPIRED_ITEM: Rule(Role.CASHIER, "selling an item that is past its day"),
        Action.AGE_CHECK: Rule(Role.CASHIER, "confirming a customer's age"),
        Action.TAX_EXEMPT: Rule(Role.SUPERVISOR, "selling without tax"),
        Action.EMPTIES: Rule(Role.CASHIER, "paying for empties"),
        Action.LINE_VOID: Rule(Role.CASHIER, "taking a line out of a sale"),
        Action.SALE_VOID: Rule(Role.CASHIER, "giving up a sale"),
        Action.NO_SALE: Rule(Role.CASHIER, "opening the drawer without a sale"),
        Action.REFUND: Rule(Role.CASHIER, "a refund"),
        Action.REFUND_WITHOUT_RECEIPT: Rule(Role.SUPERVISOR, "a refund without a receipt"),
        Action.CARD_GIVE_BACK: Rule(Role.CASHIER, "giving a charged card its money back before the sale is complete"),
        Action.CARD_LEAVE: Rule(Role.CASHIER, "going on without knowing whether a card was charged"),
        Action.REPRINT: Rule(Role.CASHIER, "printing a copy of a receipt"),
        Action.PAY_IN: Rule(Role.SUPERVISOR, "putting money into the drawer"),
        Action.PAY_OUT: Rule(Role.SUPERVISOR, "taking money out of the drawer"),
        Action.SAFE_DROP: Rule(Role.SUPERVISOR, "taking money to the safe"),
        Action.SHIFT_OPEN: Rule(Role.CASHIER, "opening a shift"),
        Action.SHIFT_CLOSE: Rule(Role.CASHIER, "closing a shift"),
        Action.SHIFT_REPORT: Rule(Role.CASHIER, "a report of the shift"),
        Action.EXPECTED_CASH: Rule(Role.SUPERVISOR, "seeing what should be in the drawer before it is counted"),
        Action.CATALOGUE_ADD: Rule(Role.SUPERVISOR, "adding an item to the catalogue"),
        Action.CUSTOMER_REMOVE: Rule(Role.SUPERVISOR, "forgetting a customer"),
        Action.TRAINING: Rule(Role.SUPERVISOR, "turning training on or off"),
        Action.FORCE_OFFLINE: Rule(Role.SUPERVISOR, "taking the store off line, or back", tech=True),
        Action.DEVICE_USE: Rule(Role.CASHIER, "using a printer, a drawer or a scale", tech=True),
        Action.DEVICE_TEST: Rule(Role.CASHIER, "testing a device", tech=True),
        Action.DEVICE_TEACH: Rule(Role.CASHIER, "teaching a drawer its switch", tech=True),
        Action.DEVICE_TRACE: Rule(Role.CASHIER, "tracing a device's wire", tech=True),
        Action.DELIVERY_RETRY: Rule(Role.CASHIER, "releasing a delivery", tech=True),
        Action.DELIVERY_SETTLE: Rule(Role.CASHIER, "ticking off what a cloud has otherwise", tech=True),
        Action.CLOUD_PULL: Rule(Role.CASHIER, "pulling from a cloud", tech=True),
        Action.STAFF: Rule(Role.MANAGER, "changing who works here"),
        Action.SETTINGS: Rule(Role.MANAGER, "changing settings", tech=True),
        Action.AUDIT: Rule(Role.MANAGER, "reading the audit trail"),
    }
)
