// What waits to be sent, where a browser that ends does not lose it: in localStorage, at a place a page and a till.
//
// A page holds the lock of its place's name for as long as it lives. Whoever gets that lock may take over what lies there:
// the next page of that till, and no second one beside it. Chromium writes to its disk within seconds, not at once.

import { newKey } from "../parts/api.js";

const PREFIX = "stillopen.outgoing";

export class Kept {
  #of;
  #place;
  #letGo = () => {};
  #gone = false;

  constructor(till) {
    this.#of = `${PREFIX}:${till}:`; // a till's id has no colon
    this.#place = `${this.#of}${Date.now()}:${newKey()}`; // in the order the pages were opened
  }

  /**
   * Hold this page's place, and have `adopt(entries)` called with what each page that is gone left, the oldest first; one
   * that goes later, as this very page before a reload may, has its turn then.
   */
  async open(adopt) {
    addEventListener("pagehide", () => {
      this.#gone = true;
      this.#letGo();
    });
    addEventListener("pageshow", (event) => event.persisted && location.reload()); // what it had is another page's by now
    await this.#hold();
    const take = (place) => {
      const entries = kept(place);
      if (entries.length && !this.#gone) adopt(entries); // which writes them here before they go there
      if (!this.#gone) write(place, []);
    };
    for (const place of places(this.#of).filter((other) => other !== this.#place)) {
      await navigator.locks.request(place, { ifAvailable: true }, (lock) => {
        if (lock) take(place);
        else void navigator.locks.request(place, () => take(place));
      });
    }
  }

  /** Keep these, in place of what was kept before. */
  write(entries) {
    if (!this.#gone) write(this.#place, entries);
  }

  #hold() {
    return new Promise((held) => {
      void navigator.locks.request(this.#place, () => new Promise((letGo) => {
        this.#letGo = letGo;
        held();
      }));
    });
  }
}

// A browser that keeps nothing still sells: only a reload while the agent is away would forget what waits.
function places(of) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(of)).sort();
  } catch {
    return [];
  }
}

function kept(place) {
  try {
    const entries = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}

function write(place, entries) {
  try {
    if (entries.length) localStorage.setItem(place, JSON.stringify(entries));
    else localStorage.removeItem(place);
  } catch {
    // as above
  }
}
