// One line that says what to try next; a step is ticked off when it has been done.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

const STEPS = 5;

/** The guide as an element with `update(state, now)`: the till's state, and the shop's. */
export function guide() {
  let done = 0;
  let before; // the last receipt's number when the plug was pulled
  const bar = el("ol.steps");
  const reached = ({ sale, last }, now) => [
    () => Boolean(sale?.lines.length || last),
    () => Boolean(last),
    () => !now.line.plugged,
    () => last?.receipt_number !== before && now.waiting > 0,
    () => now.line.plugged && now.waiting === 0,
  ][done]?.() ?? false;
  const draw = () => replace(bar, Array.from({ length: STEPS }, (_, index) =>
    el(`li${index < done ? ".step-done" : index === done ? ".step-now" : ""}`, { "aria-current": index === done ? "step" : undefined },
      el("span.mark", { "aria-hidden": "true" }, index < done ? "✓" : String(index + 1)), t(`demo.step.${index + 1}`))), done === STEPS && el("li.step-now", {}, t("demo.step.all")));
  draw();
  return {
    element: el("nav.guide", { "aria-label": t("demo.guide") }, el("strong", {}, t("demo.title")), bar),
    update: (state, now) => {
      let moved = false;
      while (reached(state, now)) {
        done += 1;
        if (done === 3) before = state.last?.receipt_number;
        moved = true;
      }
      if (moved) draw();
    },
  };
}
