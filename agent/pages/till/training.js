// Training: a band across the page as long as it lasts, and the panel that begins it.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { oneAtATime, primary } from "./panel.js";

/** The band: words and stripes, at the top of everything. */
export class TrainingBand {
  #till;
  #shown = null;
  element = el("div.training-band", { role: "status" });

  constructor(till) {
    this.#till = till;
  }

  update() {
    const trains = Boolean(this.#till.state.till?.training);
    if (trains === this.#shown) return;
    this.#shown = trains;
    this.#till.frame.classList.toggle("trains", trains);
    replace(this.element, trains && [
      el("strong", {}, t("training.word")), el("span", {}, t("training.what")), el("strong", { "aria-hidden": "true" }, t("training.word")),
      el("button", { type: "button", "data-key": "training-end", onclick: () => end(this.#till) }, t("training.end"), el("kbd", {}, "Alt+T"))]);
  }
}

/** Begin training; where it is on, end it, at once. */
export function trainingPanel(till) {
  if (till.state.till?.training) {
    void end(till);
    return undefined;
  }
  let drawer = false;
  const box = el("button.row-button", {
    type: "button", role: "checkbox", "aria-checked": "false", "data-key": "training-drawer",
    onclick: () => {
      drawer = !drawer;
      box.setAttribute("aria-checked", String(drawer));
      box.querySelector(".mark").textContent = drawer ? "☑" : "☐";
    },
  }, el("span", {}, el("span.mark", { "aria-hidden": "true" }, "☐"), t("training.drawer")));
  const [begin] = oneAtATime(async () => {
    if (await till.actions.ask({ label: t("training.title"), path: `/v1/tills/${till.state.id}/training`, body: { drawer } })) till.goOn(panel);
  });
  const button = primary(t("training.begin"), begin);
  const panel = {
    title: t("training.title"),
    body: el("div", {}, el("p", {}, t("training.how")), till.state.till?.drawer && box, button),
    focus: () => button.focus(),
  };
  return panel;
}

function end(till) {
  return till.actions.write({ label: t("training.end"), method: "DELETE", path: `/v1/tills/${till.state.id}/training` });
}
