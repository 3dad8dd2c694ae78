// What a sale still asks: an age, a lot, a serial number. Put once when its line is there, and again before money is taken.

import { agePanel, unasked } from "./panel_age.js";
import { markPanel, unmarked } from "./panel_mark.js";

export class Questions {
  #till;
  #put = null; // the question that was put last

  constructor(till) {
    this.#till = till;
  }

  /** What is open, as a panel; undefined where nothing is. */
  panel() {
    const { sale } = this.#till.state;
    if (unasked(sale)) return agePanel(this.#till);
    const line = unmarked(sale);
    return line && markPanel(this.#till, line);
  }

  /** Put a question that is new, unless somebody is at something else: it comes back when the sale is to be paid. */
  put() {
    const { sale } = this.#till.state;
    const line = unasked(sale) ?? unmarked(sale);
    const asks = line && `${sale.id} ${line.id} ${unasked(sale) ? "age" : "mark"}`;
    if (!line || asks === this.#put || !this.#till.isHome() || this.#till.entry.value) return;
    this.#put = asks;
    this.#till.show(this.panel());
  }
}
