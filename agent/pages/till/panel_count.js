// A drawer counted coin by coin and note by note. What the pieces come to the agent works out, never this page.

import { el } from "../parts/dom.js";
import { money } from "../parts/money.js";
import { t } from "../parts/words.js";
import { pad } from "./panel.js";

const PIECES = /^\d{0,5}$/; // what a drawer holds of one value

/** A field a value, and one pad that types into the field that was last touched. `done` follows the last. */
export function countFields(values, done) {
  let at = 0;
  const error = el("p.field-error", { role: "alert", hidden: true });
  const next = () => (at + 1 < inputs.length ? select(at + 1) : done());
  const select = (place) => {
    inputs[place].focus();
    inputs[place].select();
  };
  const inputs = values.map((value, place) => el("input.field-input", {
    type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 5, placeholder: "0", "data-key": `count-${value}`,
    "aria-label": t("count.of", { value: money(value) }),
    onfocus: () => { at = place; },
    oninput: () => { error.hidden = true; },
    onkeydown: (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      next();
    },
  }));
  const rows = values.map((value, place) => el("label.count", {}, el("span", {}, money(value)), el("span", { "aria-hidden": "true" }, "×"), inputs[place]));
  const target = { get input() { return inputs[at]; } };
  return {
    element: el("div.counting", {}, el("div.counts", {}, rows), values.length > 0 && pad(target, { decimal: false, fresh: false, onenter: next }), error),
    focus: () => select(0),
    /** The pieces of each value; null where something typed is no number of them, which it says. */
    get count() {
      const wrong = inputs.findIndex((input) => !PIECES.test(input.value.trim()));
      if (wrong >= 0) {
        error.textContent = t("count.bad", { value: money(values[wrong]) });
        error.hidden = false;
        select(wrong);
        return null;
      }
      return values.map((value, place) => ({ value, pieces: Number(inputs[place].value) })).filter(({ pieces }) => pieces > 0);
    },
  };
}
