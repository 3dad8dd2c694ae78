// One question about a receipt of which nobody knows whether it came out. It stands above, in nobody's way: a sale
// goes on beneath it, and the answer is a touch or a key at any time.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

export class PrintQuestion {
  #till;
  #known = null; // the job asked about
  element = el("div.asks", { "aria-live": "polite" });

  constructor(till) {
    this.#till = till;
  }

  get #asked() {
    return this.#till.state.till?.unclear_print ?? null;
  }

  update() {
    const asked = this.#asked;
    if (asked?.job === this.#known) return;
    this.#known = asked?.job ?? null;
    replace(this.element, asked && el("div.banner.banner-asks", { role: "group", "aria-label": t("unclear.title") },
      el("span.mark", { "aria-hidden": "true" }, "?"),
      el("span.asks-words", {}, el("strong", {}, t("unclear.ask", { number: asked.receipt_number })), asked.reason && el("small", {}, ` ${asked.reason}`)),
      el("button", { type: "button", "data-key": "whole", onclick: () => this.whole() }, t("unclear.yes"), el("kbd", {}, "Alt+Y")),
      el("button.primary", { type: "button", "data-key": "again", onclick: () => this.again() }, t("unclear.no"), el("kbd", {}, "Alt+P"))));
  }

  /** It came out whole; undefined: nobody asks. */
  whole() {
    return this.#answer({ whole: true });
  }

  /** It did not: print it again; undefined: nobody asks. */
  again() {
    return this.#answer({ whole: false, again: true });
  }

  #answer(body) {
    const asked = this.#asked;
    if (!asked) return undefined;
    return this.#till.actions.write({ label: t("unclear.title"), path: `/v1/jobs/${asked.job}/outcome`, body });
  }
}
