// What is told and needs no answer: a line that covers nothing and goes by itself.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

const MESSAGE_MS = 12_000; // long enough to read twice, standing up

export class Messages {
  #timer;
  element = el("div.messages");

  /** `kind`: "note" or "refused"; null: what was refused is settled. */
  say(message) {
    if (message === null) {
      if (this.element.querySelector(".message-refused")) replace(this.element);
      return;
    }
    const { kind, text } = message;
    clearTimeout(this.#timer);
    replace(this.element, el(`p.message.message-${kind}`, { role: kind === "refused" ? "alert" : "status" },
      el("span.mark", { "aria-hidden": "true" }, kind === "refused" ? "!" : "✓"), el("span", {}, text),
      el("button", { type: "button", "aria-label": t("message.close"), onclick: () => replace(this.element) }, "✕")));
    this.#timer = setTimeout(() => replace(this.element), MESSAGE_MS);
  }
}
