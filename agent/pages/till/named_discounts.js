// Discounts with a name, as the store's clouds have them: one press gives one, by its name.

import { Away, Problem, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";
import { field } from "./panel.js";

const SHOWN_MAX = 12; // what is found at a glance; with more, a few letters find one

/** What is offered by name, filled in once the agent has said it; nothing where there is none. `give(discount)`. */
export function namedDiscounts(give) {
  const keys = el("div.list.named");
  const place = el("div.fields", { hidden: true });
  const find = field(t("named_discount.find"), { key: "find-discount", maxlength: 60, onenter: () => keys.querySelector("button")?.click() });
  const draw = (every) => {
    const wanted = find.value.toLowerCase();
    const found = every.filter((one) => one.name.toLowerCase().includes(wanted));
    replace(keys, found.length ? found.slice(0, SHOWN_MAX).map((one) =>
      el("button.row-button", { type: "button", "data-key": `named-${one.cloud}-${one.id}`, onclick: () => give(one) },
        el("span", {}, one.name), el("strong", {}, worth(one)))) : el("p.quiet", {}, t("named_discount.none")));
  };
  const fill = async () => {
    try {
      const { discounts } = await read("/v1/discounts");
      if (!discounts.length) return;
      find.input.addEventListener("input", () => draw(discounts));
      replace(place, [el("h3", {}, t("named_discount.title")), discounts.length > SHOWN_MAX && find.element, keys]);
      draw(discounts);
      place.hidden = false;
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error; // without them, a discount is typed
    }
  };
  void fill();
  return place;
}

function worth(discount) {
  return discount.percent ? `${quantity(discount.percent)} %` : money(discount.amount);
}
