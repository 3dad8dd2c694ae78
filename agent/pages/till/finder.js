// The one field of the till: a name finds items as one types, digits and Enter are a code, "2 x" is a quantity.

import { Away, Problem, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { parseQuantity, price, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";
import { LATE_MS_MAX } from "./burst.js";
import { holdsCardData } from "./card_guard.js";

const SEARCH_MS = 60; // a pause this short still feels like typing straight into the list
const SHOWN_MAX = 24; // what fits without scrolling far; one more letter finds the rest
const CODE = /^[0-9]{6,}$/; // a number this long is a code on a label, not a shop's own short number

export class Finder {
  #till;
  #timer;
  #leave; // what is open is left for what is typed, once it is clear that nobody scans
  #asked = 0;
  #results = [];
  #at = 0;
  #chosen = false; // somebody went to a tile by the arrow keys, and Enter takes that one
  input;
  element;
  tiles = el("div.tiles", { "aria-label": t("entry.found") });
  shelf = el("div.shelf"); // what was found, or the quick keys while nothing is typed
  #times = el("div.times");
  #timesShown = null;

  constructor(till) {
    this.#till = till;
    this.input = el("input.entry", {
      type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", maxlength: 256, enterkeyhint: "go",
      "aria-label": t("entry.label"), placeholder: t("entry.placeholder"), "data-key": "entry",
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
    });
    this.element = el("div.finder", {}, this.#times, this.input,
      el("button.pad-button", { type: "button", "data-key": "pad", "aria-label": `123: ${t("code.title")}`, onclick: () => till.command("code") }, "123"));
  }

  /** Show the quantity that waits for the next item. */
  update() {
    const { times } = this.#till.actions;
    if (times === this.#timesShown) return;
    this.#timesShown = times;
    this.input.placeholder = times ? "" : t("entry.placeholder"); // there is room for one of the two
    replace(this.#times, times ? el("button.chip.times-chip", {
      type: "button", "data-key": "times", "aria-label": `${t("entry.times", { count: quantity(times) })}. ${t("entry.times.clear", { count: quantity(times) })}`, onclick: () => this.#till.actions.setTimes(null),
    }, t("entry.times", { count: quantity(times) }), el("span.mark", { "aria-hidden": "true" }, " ✕")) : "");
  }

  focus() {
    this.input.focus();
  }

  clear() {
    this.input.value = "";
    this.search();
  }

  /** Look up what is typed, or `text`, and answer what was found, or null: the agent is away. With nothing typed, the quick keys. */
  async search(text = this.input.value.trim()) {
    const asked = ++this.#asked;
    if (!text) {
      this.#results = [];
      this.#chosen = false;
      replace(this.shelf, this.#till.quick.element);
      return [];
    }
    if (holdsCardData(text)) return []; // asked of nobody; Enter says so
    const found = await this.#find(text);
    if (found === null || asked !== this.#asked) return found; // an older question answered late is not shown
    const sku = this.#chosen ? this.#results[this.#at]?.sku : undefined; // somebody was quicker than the answer
    const at = found.findIndex((item) => item.sku === sku);
    this.#results = found;
    this.#at = Math.max(0, at);
    this.#chosen = at >= 0;
    this.#draw(text);
    return found;
  }

  async #find(text) {
    try {
      const found = await read(`/v1/items?q=${encodeURIComponent(text)}&limit=${SHOWN_MAX}`);
      return found.items ?? found;
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      return error instanceof Away ? null : [];
    }
  }

  #typed() {
    this.#chosen = false;
    const times = /^\s*(\d{1,4}(?:[.,]\d{1,3})?)\s*[x*×]$/i.exec(this.input.value);
    if (times) {
      const count = parseQuantity(times[1]);
      this.input.value = "";
      if (count) this.#till.actions.setTimes(count);
    }
    clearTimeout(this.#leave);
    this.#leave = setTimeout(() => this.input.value && !this.#till.isHome() && this.#till.home(), LATE_MS_MAX);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.search(), SEARCH_MS);
    if (!this.input.value) this.#till.questions.put(); // it waited for what was being typed
  }

  async #key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      const text = this.input.value.trim();
      if (text) await this.#enter(text);
    } else if (event.key === "Escape" && this.input.value) {
      event.stopPropagation();
      this.clear();
      this.#till.questions.put();
    } else if (this.input.value && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#at = Math.max(0, Math.min(this.#results.length - 1, this.#at + step));
      this.#chosen = true;
      this.#draw(this.input.value.trim());
    }
  }

  /** Ring what a code or a short number stands for; false where nothing does, null where the agent is away. */
  async take(text) {
    if (CODE.test(text)) {
      await this.#till.scanned(text, true);
      return true;
    }
    if (this.#till.refusals.isCard(text, false)) return true;
    const times = this.#takeTimes();
    const found = await this.search(text);
    this.clear();
    const item = exact(found, text);
    if (item) await this.#till.chosen(item, times);
    else this.#wait(times);
    return found && Boolean(item);
  }

  async #enter(text) {
    const chosen = this.#chosen ? this.#results[this.#at] : undefined;
    if (!chosen && CODE.test(text)) {
      this.clear();
      await this.#till.scanned(text, true);
      return;
    }
    if (this.#till.refusals.isCard(text, false)) {
      this.clear();
      return;
    }
    clearTimeout(this.#timer);
    this.input.value = ""; // at once: what is typed from here on is the next thing
    const times = this.#takeTimes();
    const found = chosen ? [chosen] : await this.search(text); // for what was typed, whatever stands on the shelf
    const item = chosen ?? exact(found, text) ?? found?.[0];
    if (item) {
      await this.#till.chosen(item, times);
      if (!this.input.value) await this.search();
      return;
    }
    this.#wait(times);
    if (!this.input.value) this.input.value = text;
    if (found === null) this.#till.say({ kind: "refused", text: t("entry.away", { text }) });
  }

  // Before anything is looked up: what is typed meanwhile is for the next item.
  #takeTimes() {
    const times = this.#till.actions.takeTimes();
    this.update();
    return times;
  }

  // Nothing was rung: how many there were to be still waits, unless another number was typed since.
  #wait(times) {
    if (times && !this.#till.actions.times) this.#till.actions.setTimes(times);
  }

  #draw(text) {
    this.tiles.role = this.#results.length ? "listbox" : "status"; // a list with nothing in it is none
    replace(this.tiles, this.#results.length
      ? this.#results.map((item, index) => el(`button.tile${text && index === this.#at ? ".tile-first" : ""}`, {
        type: "button", role: "option", "aria-selected": String(Boolean(text) && index === this.#at), "data-key": `item-${item.sku}`, "data-sku": item.sku,
        onclick: () => {
          if (text) this.clear();
          void this.#till.chosen(item);
        },
      }, el("span.tile-name", {}, item.name), el("span.tile-price", {}, price(item.price, item.unit))))
      : text && el("div.none", {}, el("p", {}, t("entry.none", { text })), el("p.quiet", {}, t("entry.none.how"))));
    if (this.tiles.parentNode !== this.shelf) replace(this.shelf, this.tiles);
    this.tiles.querySelector(".tile-first")?.scrollIntoView({ block: "nearest" });
  }
}

function exact(found, text) {
  return found?.find(({ sku }) => sku.toLowerCase() === text.toLowerCase());
}
