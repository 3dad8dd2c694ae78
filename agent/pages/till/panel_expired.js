// A piece past its day: take it off the shelf, or sell it all the same, for a reason that stays with the sale.

import { el } from "../parts/dom.js";
import { day } from "../parts/money.js";
import { t } from "../parts/words.js";
import { field, primary, reasons } from "./panel.js";

/** `expired` is the agent's refusal: `data`, as it was scanned, and `expiry`, its last day. */
export function expiredPanel(till, expired) {
  const reason = field(t("reason.field"), { key: "reason", onenter: () => sell(), maxlength: 200 });
  const sell = async () => {
    if (!reason.value) return reason.complain(t("reason.needed"));
    till.home();
    return till.actions.scanExpired(expired.data, reason.value);
  };
  return {
    title: t("expired.title"),
    body: el("div", {}, el("p", {}, t("expired.what", { date: day(expired.expiry) })),
      reason.element, reasons("expired.reasons", reason), primary(t("expired.sell"), sell)),
    focus: () => reason.select(),
  };
}
