"""What the local API takes: one strict model a request body.

Unknown fields, numbers written as text, fractions of a cent and texts without end are refused, all of
them at once, each naming its field. Money is an integer count of the store's minor units; a quantity
or a rate is a decimal string. Whether a thing makes sense (is there such an item, is that much due) is
the till's question, not asked here.
"""

from agent.api.bodies.cards import NewCardPayment
from agent.api.bodies.claims import NewClaim
from agent.api.bodies.clouds import Pull
from agent.api.bodies.customers import CustomerChange, ForCustomer, NewCustomer
from agent.api.bodies.deliveries import Settle
from agent.api.bodies.devices import ClaimedDevice, Teach, TurnTrace
from agent.api.bodies.displays import ShowLines
from agent.api.bodies.fields import DECIMAL_CHARS_MAX, SCAN_CHARS_MAX, Body, Id, Nothing, ScanText
from agent.api.bodies.items import NewItem
from agent.api.bodies.line import HoldOffline, PrintOutage, PutOnline
from agent.api.bodies.pairings import NewPairing, NewPairingCode
from agent.api.bodies.print_jobs import PrintAgain, PrintJob, PrintSeen
from agent.api.bodies.quick_keys import Arrangement
from agent.api.bodies.sales import (
    REFUND_LINES_MAX,
    LineChange,
    NewAgeCheck,
    NewDiscount,
    NewExemption,
    NewLine,
    NewRefund,
    NewSale,
    NewTender,
    Park,
    RefundItem,
    RefundLine,
    RefundTender,
    SaleChange,
    TakeBack,
    Void,
)
from agent.api.bodies.setup import SetupAnswers
from agent.api.bodies.shifts import CloseShift, MoveCash, NewShift, PrintShift
from agent.api.bodies.staff import NewLeave, NewPin, NewSignIn, NewStaff, StaffChange
from agent.api.bodies.tills import WEIGH_S_MAX, OpenDrawer, Scan, Training, Weigh

__all__ = [
    "DECIMAL_CHARS_MAX",
    "REFUND_LINES_MAX",
    "SCAN_CHARS_MAX",
    "WEIGH_S_MAX",
    "Arrangement",
    "Body",
    "ClaimedDevice",
    "CloseShift",
    "CustomerChange",
    "ForCustomer",
    "HoldOffline",
    "Id",
    "LineChange",
    "MoveCash",
    "NewAgeCheck",
    "NewCardPayment",
    "NewClaim",
    "NewCustomer",
    "NewDiscount",
    "NewExemption",
    "NewItem",
    "NewLeave",
    "NewLine",
    "NewPairing",
    "NewPairingCode",
    "NewPin",
    "NewRefund",
    "NewSale",
    "NewShift",
    "NewSignIn",
    "NewStaff",
    "NewTender",
    "Nothing",
    "OpenDrawer",
    "Park",
    "PrintAgain",
    "PrintJob",
    "PrintOutage",
    "PrintSeen",
    "PrintShift",
    "Pull",
    "PutOnline",
    "RefundItem",
    "RefundLine",
    "RefundTender",
    "SaleChange",
    "Scan",
    "ScanText",
    "Settle",
    "SetupAnswers",
    "ShowLines",
    "StaffChange",
    "TakeBack",
    "Teach",
    "Training",
    "TurnTrace",
    "Void",
    "Weigh",
]
