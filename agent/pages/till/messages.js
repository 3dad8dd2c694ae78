// What is told and needs no answer: a line that covers nothing and goes by itself.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

const MESSAGE_MS = 12_000; // long enough to read twice, standing up

export class Messages {
  #timer;
  #of; // a thing that has its own word for each turn, as the drawer
  #about; // what the refusal on show is about; undefined: a hint, which anything that takes effect settles
  element = el("div.messages");

  /**
   * `kind`: "note" or "refused"; what is said "refused" `about` something stays until that very thing is "settled". What
   * is `minor` takes no other's place: it stands behind a note, and only a later word `of` the same thing goes over it.
   */
  say({ kind, text, about, of, minor = false }) {
    if (kind === "settled") {
      const settled = this.#about === undefined || this.#about === about;
      if (settled && this.element.querySelector(".message-refused")) replace(this.element);
      return;
    }
    if (minor && this.element.firstChild && this.#of !== of) {
      const note = this.element.querySelector(".message-note .message-behind");
      if (note) note.textContent = ` ${text}`; // behind a refusal it would hide that there is something to be seen to
      return;
    }
    this.#of = of;
    this.#about = about;
    clearTimeout(this.#timer);
    replace(this.element, el(`p.message.message-${kind}`, { role: kind === "refused" ? "alert" : "status" },
      el("span.mark", { "aria-hidden": "true" }, kind === "refused" ? "!" : "✓"), el("span", {}, text, el("small.message-behind")),
      el("button", { type: "button", "aria-label": t("message.close"), onclick: () => replace(this.element) }, "✕")));
    this.#timer = setTimeout(() => replace(this.element), MESSAGE_MS);
  }
}

/** What settles a refused scan: that very code alone. One that rings half a second later does not pay for it. */
export function aboutScan(code) {
  return `scan ${code}`;
}
