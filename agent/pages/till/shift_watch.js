// What the page says of the shift by itself: a float that is asked for, one that opened alone, one left open.

import { el } from "../parts/dom.js";
import { money, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { current, fetched, openPanel } from "./panels_shift.js";

export class ShiftWatch {
  #asked = false;

  constructor(till) {
    this.till = till;
    till.state.addEventListener("change", () => this.look());
    till.state.addEventListener("heard", ({ detail }) => this.#heard(detail));
  }

  /** Whether no money may be taken yet. */
  get needed() {
    const view = this.till.state.till;
    return Boolean(view?.asks_for_float && !view.shift);
  }

  /**
   * Ask for the float, where money waits for it; answers whether it did. `unasked`: never over what somebody opened.
   * `then`: what waited for it, done at once where a shift turns out to be open that this page did not hear of.
   */
  ask({ unasked = false, then } = {}) {
    if (!this.needed) return false;
    this.#asked = true;
    void fetched(this.till, current(this.till), (now) => {
      if (now.shift) {
        this.till.state.knowShift(now.shift);
        then?.();
        return;
      }
      if (unasked && !this.#mayAsk) this.#asked = false; // asked once that is done
      else this.till.show(openPanel(this.till, now));
    });
    return true;
  }

  /** A line above the sale while a shift of another day is open. */
  banner() {
    const shift = this.till.state.till?.shift;
    return shift?.left_open && el("div.banner.banner-left-open", { role: "status" }, t("shift.left_open", { since: when(shift.opened_at) }));
  }

  /** Ask once by itself, when the till is free; after that when somebody wants to be paid. */
  look() {
    if (!this.needed) this.#asked = false;
    else if (!this.#asked && this.#mayAsk && !this.till.asksForPairing()) this.ask({ unasked: true });
  }

  get #mayAsk() {
    return this.till.isHome() && !this.till.entry.value;
  }

  #heard(event) {
    if (event.type === "shift" && event.shift.automatic && event.shift.kind === "shift_open") {
      this.till.say({ kind: "note", text: t("shift.automatic", { float: money(event.shift.float) }) });
    }
    if (event.type === "record" && event.record.kind === "refund" && event.record.drawer_short) {
      this.till.say({ kind: "refused", text: t("cash_move.short", { amount: money(event.record.total), short: money(event.record.drawer_short) }) });
    }
  }
}
