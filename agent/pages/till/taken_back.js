// Goods that come back in exchange, as they stand in the basket: negative lines, and what they pay for.

import { el } from "../parts/dom.js";
import { money, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";

/** The lines that come back, above those that are sold; the sign and the words say it, not the colour alone. */
export function takenLines(till, sale) {
  const taken = sale?.taken_back;
  if (!taken) return [];
  return taken.lines.map((line, at) => el("div.line.line-back", { role: "listitem" },
    el("span.line-quantity", {}, `−${quantity(line.quantity, line.unit)} ${line.unit === "kg" ? "" : "×"}`),
    el("span.line-name", {}, line.name, el("small", {}, t("back.line", { number: taken.receipt_number }))),
    el("span.line-total", {}, `−${money(line.total)}`),
    at === 0 && el("button.take-back", { type: "button", "data-key": "keep-goods", "aria-label": t("back.keep"), onclick: () => keep(till) }, "✕")));
}

function keep(till) {
  return till.actions.write({ label: t("back.keep"), method: "DELETE", path: `/v1/sales/${till.state.sale.id}/taken-back` });
}

/** What comes back among the sums; [] where nothing does. */
export function takenSums(sale) {
  const taken = sale.taken_back;
  if (!taken) return [];
  return [el("p.sum", {}, el("span", {}, t("back.credit")), el("span", {}, `−${money(taken.credit)}`))];
}

/** What is given out, where what comes back is worth more: its label and its amount. */
export function givenOut(sale) {
  const taken = sale.taken_back;
  return taken?.paid_out ? [t(`back.paid_out.${taken.tender}`), taken.paid_out] : null;
}
