// A number pad for fingers: an item's number or barcode, with "2 ×" before it.

import { el } from "../parts/dom.js";
import { parseQuantity, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";
import { field, pad, primary } from "./panel.js";

export function codePanel(till) {
  const code = field(t("code.field"), { mode: "numeric", key: "code", onenter: () => add(), maxlength: 64 });
  const times = () => {
    const count = parseQuantity(code.value);
    if (count === null) return code.complain(t("quantity.bad", { example: "2" }));
    code.input.value = "";
    till.actions.setTimes(count);
    return code.input.focus();
  };
  const add = async () => {
    const text = code.value;
    if (!text) return code.complain(t("code.bad"));
    code.input.value = "";
    const found = await till.finder.take(text);
    if (!found) {
      code.input.value = text;
      code.complain(found === null ? t("away.title") : t("code.unknown", { text }));
    }
    return undefined;
  };
  const waiting = el("p.outcome", { "aria-live": "polite" });
  return {
    title: t("code.title"),
    body: el("div.two", {},
      el("div", {}, code.element, el("button", { type: "button", "data-key": "code-times", onclick: times }, t("code.times")), waiting, primary(t("open_item.add"), add)),
      pad(code, { decimal: false, fresh: false })),
    update: () => { waiting.textContent = till.actions.times ? t("entry.times", { count: quantity(till.actions.times) }) : ""; },
    yields: () => !code.value,
    focus: () => code.select(),
  };
}
