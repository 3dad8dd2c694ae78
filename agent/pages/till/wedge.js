// A keyboard-wedge scanner types its code and Enter; a person does too, but never that fast.
//
// Keys are watched wherever the focus is. A burst that ends in Enter (or Tab) is a scan: it is taken out
// of the field it landed in, and the Enter never reaches the button or the form below.

import { isField } from "./../parts/dom.js";

const GAP_MS_MAX = 35; // scanners send a key each 1 to 20 ms; quick typists need 60 and more between keys
const CHARS_MIN = 4; // shorter than any code on a shelf; a person's double hit of keys is not a scan

export class Wedge {
  #text = "";
  #last = -Infinity;
  #field = null; // where the burst landed, and what stood there before it
  #before = "";

  /** `onScan(text)`: a whole code. */
  constructor(onScan) {
    this.onScan = onScan;
  }

  /** Listen on the document, before anyone else. */
  start() {
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const quick = event.timeStamp - this.#last <= GAP_MS_MAX;
    if (event.key === "Enter" || event.key === "Tab") {
      const text = this.#text;
      this.#text = "";
      if (!quick || text.length < CHARS_MIN) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (this.#field?.isConnected) {
        this.#field.value = this.#before;
        this.#field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      this.onScan(text);
      return;
    }
    if (event.key.length !== 1) return;
    if (!quick) {
      this.#text = "";
      this.#field = isField(document.activeElement) ? document.activeElement : null;
      this.#before = this.#field?.value ?? "";
    }
    this.#text += event.key;
    this.#last = event.timeStamp;
  }
}
