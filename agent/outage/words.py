"""The outage card's words on paper, by language. The page has its own, in `pages/words`.

Who bears the risk of a payment that a terminal keeps while it has no line is what acquirers' terms say alike, such as
Square's (https://squareup.com/help/us/en/article/7777): declined, expired or disputed, it is the seller's.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_EN = {
    "title": "IF THE LINE IS DOWN",
    "as_of": "As of",
    "state.delivered": "Everything is in the clouds. It is safe to go home.",
    "state.no_clouds": "This store has no cloud: everything is on this PC.",
    "state.sending": "The line is up. What waits is on its way.",
    "state.waiting": "No line to a cloud. Keep selling: nothing is lost, and what waits goes out by itself.",
    "state.offline": "Held offline by hand. Keep selling: what waits goes out when somebody puts it back online.",
    "state.parked": "A cloud refused records. They are safe here: whoever looks after the shop's systems should look.",
    "state.unauthorized": "A cloud refuses this store's access. Keep selling: nothing is lost, and what waits goes out "
    "once it is connected anew.",
    "state.not_configured": "Records wait for a cloud that this PC has no more. They are safe here, and nobody sends "
    "them.",
    "state.cannot_sell": "Sales cannot be written to the disk: do not sell until that is mended.",
    "network": "Local network",
    "internet": "Internet",
    "lamp.up": "works",
    "lamp.down": "does not answer",
    "lamp.portal": "wants a sign-in",
    "lamp.unknown": "not known",
    "lamp.unused": "not needed",
    "lamp.trouble": "has trouble of its own",
    "lamp.unauthorized": "refuses the credentials",
    "lamp.offline": "held offline by hand",
    "lamp.gone": "not set up here",
    "gone": "Put its [[cloud]] back into stillopen.toml under this name. Or enter by hand what waits, and tick it off: "
    "stillopen outbox list, then settle.",
    "waiting": "Waiting",
    "parked": "Refused by it",
    "oldest": "Oldest since",
    "answered": "Last answered",
    "never": "not since the start",
    "by": "By",
    "works": "WORKS AS ALWAYS",
    "works.sell": "Scanning, prices, discounts",
    "works.cash": "Cash, change, the drawer",
    "works.card_terminal": "Cards on a terminal of its own",
    "works.receipts": "Receipts and copies",
    "works.refunds": "Refunds of what was sold here",
    "works.cash_up": "Opening, counting and closing",
    "refuse": "CANNOT BE TAKEN",
    "tender.card_reader": "A card through a reader of the till's",
    "tender.gift_card": "Gift cards",
    "tender.points": "Points",
    "why.no_cloud": "no cloud of this store takes it",
    "why.no_line": "its cloud cannot be asked now",
    "say": 'To the customer: "Cash, or a card on the terminal, please."',
    "risk": "A card on the terminal: with an approval the bank pays. Where the terminal keeps the payment to send it "
    "later, the store bears the loss if the bank then says no.",
}
_DE = {
    "title": "WENN DIE LEITUNG WEG IST",
    "as_of": "Stand",
    "state.delivered": "Alles ist in den Clouds. Sie können nach Hause gehen.",
    "state.no_clouds": "Dieser Laden hat keine Cloud: Alles ist auf diesem PC.",
    "state.sending": "Die Leitung steht. Was wartet, ist unterwegs.",
    "state.waiting": "Keine Leitung zu einer Cloud. Weiter verkaufen: Nichts geht verloren, und was wartet, geht von "
    "selbst hinaus.",
    "state.offline": "Von Hand offline. Weiter verkaufen: Was wartet, geht hinaus, wenn jemand wieder online schaltet.",
    "state.parked": "Eine Cloud hat Belege abgelehnt. Hier sind sie sicher: Wer die Systeme betreut, soll nachsehen.",
    "state.unauthorized": "Eine Cloud nimmt den Zugang dieses Ladens nicht an. Weiter verkaufen: Nichts geht verloren, "
    "und was wartet, geht hinaus, sobald sie neu verbunden ist.",
    "state.not_configured": "Belege warten auf eine Cloud, die dieser PC nicht mehr hat. Hier sind sie sicher, und "
    "niemand sendet sie.",
    "state.cannot_sell": "Verkäufe lassen sich nicht auf die Platte schreiben: bis dahin nicht verkaufen.",
    "network": "Lokales Netz",
    "internet": "Internet",
    "lamp.up": "geht",
    "lamp.down": "antwortet nicht",
    "lamp.portal": "verlangt Anmeldung",
    "lamp.unknown": "unbekannt",
    "lamp.unused": "nicht nötig",
    "lamp.trouble": "hat selbst Störung",
    "lamp.unauthorized": "nimmt Zugang nicht an",
    "lamp.offline": "von Hand offline",
    "lamp.gone": "hier nicht eingerichtet",
    "gone": "Ihre [[cloud]] unter diesem Namen wieder in stillopen.toml eintragen. Oder von Hand eintragen, was "
    "wartet, und abhaken: stillopen outbox list, dann settle.",
    "waiting": "Es warten",
    "parked": "Dort abgelehnt",
    "oldest": "Ältester seit",
    "answered": "Letzte Antwort",
    "never": "seit dem Start keine",
    "by": "Durch",
    "works": "GEHT WIE IMMER",
    "works.sell": "Scannen, Preise, Rabatte",
    "works.cash": "Bargeld, Rückgeld, die Lade",
    "works.card_terminal": "Karten am eigenen Terminal",
    "works.receipts": "Bons und Kopien",
    "works.refunds": "Erstattung von hier Verkauftem",
    "works.cash_up": "Öffnen, Zählen und Abschließen",
    "refuse": "GEHT NICHT",
    "tender.card_reader": "Karte an einem Leser der Kasse",
    "tender.gift_card": "Gutscheinkarten",
    "tender.points": "Punkte",
    "why.no_cloud": "keine Cloud dieses Ladens nimmt das an",
    "why.no_line": "seine Cloud ist gerade nicht zu fragen",
    "say": "Zum Kunden: „Bar oder mit Karte am Terminal, bitte.“",
    "risk": "Karte am Terminal: Mit einer Genehmigung zahlt die Bank. Behält das Terminal die Zahlung, um sie später "
    "zu senden, trägt der Laden den Verlust, wenn die Bank dann ablehnt.",
}
_BY_LANGUAGE = {"en": _EN, "de": _DE}


def words(locale: str) -> Mapping[str, str]:
    """Return the words in the locale's language, English where there are none."""
    return MappingProxyType(_BY_LANGUAGE.get(locale.partition("_")[0], _EN))
