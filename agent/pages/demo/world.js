// What the simulated shop is doing, asked often enough to look alive, and what one does to it.

import { Away, Problem, newKey, read, write } from "../parts/api.js";

const LOOK_MS = 500; // a drawer that opens half a second late still opens with the sale
const LOOK_SOON_MS = 60;

export class World extends EventTarget {
  now = null; // GET /demo/world
  #timer;

  /** Look for as long as the page lives. */
  start() {
    void this.#look();
  }

  /** Something happened: look at once. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), LOOK_SOON_MS);
  }

  /** Do something to the shop. */
  async act(part, body) {
    try {
      await write("POST", `/demo/${part}`, body, newKey());
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
    }
    this.soon();
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      this.now = await read("/demo/world");
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error; // away: the till's banner says so
    }
    this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }
}
