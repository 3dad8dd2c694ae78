"""The shapes of the local API's answers, for the OpenAPI document, /docs and the tests that hold them.

Answers are made by the till and the journal as plain JSON; nothing passes through these models on its
way out. An answer may have more fields than are named here, never fewer.
"""

from agent.api.answers.cards import CardPayment, TillCards
from agent.api.answers.claims import Claim, Claims, HeldDevice
from agent.api.answers.clouds import Pulled
from agent.api.answers.customers import Customer, Customers
from agent.api.answers.deliveries import Delivery, Matter, Matters, Outbox
from agent.api.answers.devices import (
    Device,
    DeviceNotice,
    Devices,
    DeviceTest,
    GivenBack,
    Pressed,
    Shown,
    Taught,
    Trace,
    TracedScan,
    Weighed,
    WireEntry,
)
from agent.api.answers.discounts import NamedDiscount, NamedDiscounts
from agent.api.answers.doctor import Check, Checks
from agent.api.answers.fields import Amount, DecimalText, PrintState, Time
from agent.api.answers.items import Categories, Item, Items, Removed
from agent.api.answers.line import HeldOffline, LineLamp, LineLamps, Offline, Outage, OutageCloud, RefusedTender
from agent.api.answers.pairings import OnePairing, Paired, Pairing, PairingCode, Pairings, Proof
from agent.api.answers.plugged import ModeSwitch, Plugged, PluggedDevice, Unseen
from agent.api.answers.print_jobs import Job
from agent.api.answers.problems import Finding, Problem
from agent.api.answers.quick_keys import Arranged, QuickKeys
from agent.api.answers.sales import (
    Discount,
    Line,
    Record,
    Records,
    RefundPreview,
    Sale,
    Sales,
    TakenBack,
    TakenLine,
    Tax,
    Tender,
)
from agent.api.answers.setup import Setup, SetupChange, SetupRestart
from agent.api.answers.shifts import (
    CashRecord,
    ClosedShift,
    ClosedShifts,
    CurrentShift,
    OpenShift,
    ShiftRecord,
    ShiftReport,
)
from agent.api.answers.staff import Audit, AuditEntry, Leave, OneOfStaff, Person, SignIn, Staff
from agent.api.answers.status import Event, Health, Notice, Status
from agent.api.answers.tills import Till, Tills, UnclearPrint
from agent.api.answers.update import Update

__all__ = [
    "Amount",
    "Arranged",
    "Audit",
    "AuditEntry",
    "CardPayment",
    "CashRecord",
    "Categories",
    "Check",
    "Checks",
    "Claim",
    "Claims",
    "ClosedShift",
    "ClosedShifts",
    "CurrentShift",
    "Customer",
    "Customers",
    "DecimalText",
    "Delivery",
    "Device",
    "DeviceNotice",
    "DeviceTest",
    "Devices",
    "Discount",
    "Event",
    "Finding",
    "GivenBack",
    "Health",
    "HeldDevice",
    "HeldOffline",
    "Item",
    "Items",
    "Job",
    "Leave",
    "Line",
    "LineLamp",
    "LineLamps",
    "Matter",
    "Matters",
    "ModeSwitch",
    "NamedDiscount",
    "NamedDiscounts",
    "Notice",
    "Offline",
    "OneOfStaff",
    "OnePairing",
    "OpenShift",
    "Outage",
    "OutageCloud",
    "Outbox",
    "Paired",
    "Pairing",
    "PairingCode",
    "Pairings",
    "Person",
    "Plugged",
    "PluggedDevice",
    "Pressed",
    "PrintState",
    "Problem",
    "Proof",
    "Pulled",
    "QuickKeys",
    "Record",
    "Records",
    "RefundPreview",
    "RefusedTender",
    "Removed",
    "Sale",
    "Sales",
    "Setup",
    "SetupChange",
    "SetupRestart",
    "ShiftRecord",
    "ShiftReport",
    "Shown",
    "SignIn",
    "Staff",
    "Status",
    "TakenBack",
    "TakenLine",
    "Taught",
    "Tax",
    "Tender",
    "Till",
    "TillCards",
    "Tills",
    "Time",
    "Trace",
    "TracedScan",
    "UnclearPrint",
    "Unseen",
    "Update",
    "Weighed",
    "WireEntry",
]
