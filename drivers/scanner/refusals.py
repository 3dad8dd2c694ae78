"""Why a frame is no scan, with the next step for whoever holds the scanner."""

from __future__ import annotations

from drivers.scanner.scan import Reason, Refusal

_HINTS = {
    Reason.EMPTY: "Scan again.",
    Reason.CHECK_DIGIT: "Scan again, or type the digits below the bars. If it is a number of the store's own,"
    " switch AIM identifiers on in the scanner.",
    Reason.LENGTH: "Scan again. If it stays so, set the scanner to send each code whole, with number system and check"
    " digit, and CR behind it.",
    Reason.GS1: "Scan again. If it stays so, the label is printed wrongly: type the item's number.",
    Reason.VERIFIER: "Weigh or price the item again. If every such label is refused, write X instead of V in the"
    " scanner's template.",
    Reason.ADD_ON_ALONE: "Scan the whole code: the large bars together with the small ones.",
    Reason.AMBIGUOUS: "Cover the small bars beside the code and scan again.",
    Reason.TWO_CODES: "Cover all codes but one and scan again. If it stays so, set the scanner to send CR after each.",
    Reason.PARITY: "The scanner sends 7 data bits with parity: add mode=7{}1 to its port in the configuration.",
    Reason.NOISE: "Scan again. If it stays so, set the port's speed (baud) and mode to the scanner's.",
    Reason.OVERLONG: "No shop barcode is that long. Check the port's speed (baud) and the scanner's suffix.",
    Reason.HALF: "Scan again. If nothing is ever read, set the scanner to send CR after each code, or its"
    " suffix in the configuration.",
    Reason.CARD: "Cards are for the card terminal. Nothing of it was kept.",
}


def refuse(reason: Reason, raw: str = "", *, parity: str = "E") -> Refusal:
    """Return a refusal with its next step; `parity` is the one that was seen, where that is the reason."""
    return Refusal(raw, reason, _HINTS[reason].format(parity))
