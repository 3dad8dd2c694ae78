// What the cashier asked for and the agent has not answered yet: in order, each under one key.
//
// When the agent is away an entry stays, is shown, and is sent again with the same key until an answer
// comes; a page that ends leaves it to the next one of its till (`kept.js`), and only a person drops it. What it is written
// to is settled by its first send: "{sale}" is the sale that is open then, opened if there is none. Card data is refused
// before it is kept: a browser's memory is no place for it.

import { Away, Problem, newKey } from "../parts/api.js";
import { t } from "../parts/words.js";
import { bodyHoldsCardData } from "./card_guard.js";

const KEPT_MS_MAX = 6 * 24 * 3_600_000; // the agent knows a key for a week; sent after that, it would be done a second time
const RETRY_MS = [300, 600, 1_200, 2_500]; // then every 2.5 s: the agent is on this PC, asking costs nothing

export class Outgoing extends EventTarget {
  #entries = [];
  #settle = new Map(); // entry key -> {resolve, reject} of who waits on this page
  #running = false;
  #shown = false;
  #kept;
  #write;
  #findSale;
  #leave;
  #tokens = new Map(); // entry key -> leave that was given for it; good for a minute, so a reload forgets it
  #then = {};
  #wake = () => {};

  /**
   * `kept` is where what waits outlives the page; `write(method, path, body, key, leave)`; `findSale()` answers the open sale's id, opening one; `leave(problem)` asks
   * somebody who may for leave to do what was refused, and answers its token or null.
   */
  constructor({ kept, write, findSale, leave = async () => null }) {
    super();
    this.#kept = kept;
    this.#write = write;
    this.#findSale = findSale;
    this.#leave = leave;
  }

  /** Take over what pages that are gone left, and send it. */
  open() {
    return this.#kept.open((entries) => this.#takeOver(entries));
  }

  /** What follows an answer, by an entry's `then`: by name, because an entry outlives the page that made it. */
  followUp(then) {
    this.#then = then;
  }

  /** What waits, oldest first: {key, label, away}. */
  get waiting() {
    return this.#entries;
  }

  /** Ask for one write; `first` goes before all that waits. Answers what the agent answered; raises its Problem. */
  push({ label, method = "POST", path, body, then, asked, first = false }) {
    if (bodyHoldsCardData(body)) return Promise.reject(new Problem(422, { code: "card-data", detail: t("card.refused") }));
    const entry = { key: newKey(), at: Date.now(), label, method, path, body, then, asked, sent: false, away: false };
    if (first) this.#entries.unshift(entry);
    else this.#entries.push(entry);
    const answer = new Promise((resolve, reject) => this.#settle.set(entry.key, { resolve, reject }));
    this.#changed();
    this.run();
    return answer;
  }

  /** Drop what was never answered; a person decided so. */
  drop(key) {
    this.#entries = this.#entries.filter((entry) => entry.key !== key);
    this.#settle.get(key)?.reject(new Away("dropped"));
    this.#settle.delete(key);
    this.#changed();
  }

  /** Try now rather than when the pause is over: the agent was just heard. */
  wake() {
    this.#wake();
    this.run();
  }

  /** Send what waits, one at a time, until nothing does. */
  async run() {
    if (this.#running) return;
    this.#running = true;
    let failures = 0;
    while (this.#entries.length) {
      const entry = this.#entries[0];
      try {
        await null; // whoever waited for the answer before this has taken it: the sale that is open may be another now
        if (!entry.sent && entry.path.includes("{sale}")) entry.path = entry.path.replace("{sale}", await this.#findSale());
        entry.sent = true;
        this.#kept.write(this.#entries);
        const answer = await this.#write(entry.method, entry.path, entry.body, entry.key, this.#tokens.get(entry.key));
        failures = 0;
        this.#remove(entry);
        if (entry.then) this.#then[entry.then](answer);
        this.#settle.get(entry.key)?.resolve(answer);
      } catch (error) {
        if (error instanceof Problem && error.code === "not-allowed") {
          this.#remove(entry); // what waits behind it goes on while somebody is fetched
          void this.#askLeave(entry, error);
          this.#changed();
          continue;
        }
        if (error instanceof Problem && error.status !== 401) {
          this.#remove(entry);
          this.#refuse(entry, error);
        } else {
          if (!(error instanceof Problem || error instanceof Away)) throw error;
          if (this.#entries.includes(entry)) entry.away = true;
          this.#changed(error);
          await this.#pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
          failures += 1;
          continue;
        }
      }
      this.#tokens.delete(entry.key);
      this.#settle.delete(entry.key);
      this.#changed();
    }
    this.#running = false;
  }

  // Nothing has happened yet: with leave the very same request goes first, without it is as any refusal.
  async #askLeave(entry, error) {
    const token = await this.#leave(error);
    if (token === null) {
      this.#refuse(entry, error);
      this.#tokens.delete(entry.key);
      this.#settle.delete(entry.key);
      this.#changed();
      return;
    }
    this.#tokens.set(entry.key, [...(this.#tokens.get(entry.key) ?? []), token]);
    this.#entries.unshift(entry);
    this.#changed();
    this.run();
  }

  // It was asked for before all that waits here.
  #takeOver(entries) {
    const others = entries.filter(({ key }) => !this.#entries.some((entry) => entry.key === key));
    const known = others.filter(({ at }) => Date.now() - at < KEPT_MS_MAX);
    this.#entries.unshift(...known);
    this.#changed();
    for (const entry of others) if (!known.includes(entry)) this.dispatchEvent(new CustomEvent("outdated", { detail: { entry } }));
    void this.run();
  }

  #refuse(entry, error) {
    const waiter = this.#settle.get(entry.key);
    if (waiter) waiter.reject(error);
    else this.dispatchEvent(new CustomEvent("refused", { detail: { entry, error } }));
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  #changed(error) {
    this.#kept.write(this.#entries);
    const shown = this.#entries.some((entry) => entry.away); // what is answered at once is never on the screen
    if (!shown && !this.#shown && !error) return;
    this.#shown = shown;
    this.dispatchEvent(new CustomEvent("change", { detail: { error } }));
  }
}
