// The quick keys: pages of large keys, each an item or a category, as somebody arranged them or as the catalogue is.

import { Away, Problem, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { price } from "../parts/money.js";
import { said } from "./said.js";
import { t } from "../parts/words.js";

export const COLUMNS = 4; // the same on every screen, so that a key stays where the hand knows it
const LETTERS = "abcdefgh"; // the grounds of theme.css, --key-a and on, by a colour's number
const REST_MS = 400; // between two taps of one double tap at most; the next customer's first item takes longer
const CATEGORY_ITEMS = 100; // shown of a category at once; one touch shows as many more

/** The class that gives a key its ground. */
export function ground(colour) {
  return `.key-${LETTERS[colour ?? 0]}`;
}

export class QuickKeys {
  #till;
  #page = 0;
  #category = null; // {name, items, more}: the one that was opened from a key
  #arranged = { scope: "catalogue", revision: 0, pages: [] };
  #rested = -Infinity; // when, by the clock of events
  #busy;
  element = el("div.quick");

  constructor(till) {
    this.#till = till;
    for (const type of ["mousedown", "click"]) this.element.addEventListener(type, (event) => this.#press(event), { capture: true });
  }

  /** Take no press of a finger for a moment: it was meant for the button that stood here. Keys and scans count. */
  rest() {
    this.#rested = performance.now();
    this.element.setAttribute("aria-busy", "true");
    clearTimeout(this.#busy);
    this.#busy = setTimeout(() => this.element.removeAttribute("aria-busy"), REST_MS);
  }

  #press(event) {
    const byKey = event.detail === 0;
    if (byKey || event.timeStamp - this.#rested >= REST_MS) return;
    event.preventDefault(); // it does not take the focus either
    event.stopPropagation();
  }

  /** What is shown: {scope, revision, pages}. */
  get arranged() {
    return this.#arranged;
  }

  /** Read the keys anew; what they were stays on the screen when the agent does not answer. */
  async load() {
    try {
      this.#arranged = await read(`/v1/tills/${this.#till.state.id}/keys`);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      return;
    }
    this.#page = Math.min(this.#page, Math.max(0, this.#arranged.pages.length - 1));
    this.draw();
  }

  /** The page after this one or before it. */
  turn(step) {
    const { length } = this.#arranged.pages;
    if (length) this.#show((this.#page + step + length) % length);
  }

  draw() {
    const { pages } = this.#arranged;
    const page = pages[this.#page];
    replace(this.element,
      this.#category ? this.#back() : pages.length > 1 && this.#tabs(pages),
      this.#category ? this.#opened() : page?.keys.length ? this.#grid(page) : el("p.none.quiet", {}, t("keys.none")));
  }

  #show(index) {
    this.#page = index;
    this.#category = null;
    this.draw();
  }

  #tabs(pages) {
    return el("div.tabs", { role: "tablist", "aria-label": t("keys.pages") }, pages.map((page, index) =>
      el(`button.tab${ground(page.colour)}`, {
        type: "button", role: "tab", "aria-selected": String(index === this.#page), tabindex: index === this.#page ? "0" : "-1",
        "data-key": `page-${index}`, onclick: () => this.#show(index),
        onkeydown: (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          event.stopPropagation();
          this.turn(step);
          this.element.querySelector(".tab[aria-selected=true]").focus();
        },
      }, page.title ?? t("keys.rest"))));
  }

  #grid(page) {
    const places = [];
    for (const key of page.keys) places[key.at] = key;
    return keyGrid(Array.from(places, (key) => (key ? this.#key(key, page) : el("span.slot"))), page.title ?? t("keys.rest"));
  }

  #key(key, page) {
    const colour = key.colour ?? page.colour;
    if (key.category !== null) {
      return el(`button.tile.key${ground(colour)}`, { type: "button", "data-key": `key-${key.at}`, "data-category": key.category, onclick: () => this.#open(key.category) },
        el("span.tile-name", {}, key.text ?? key.category), el("span.tile-price", {}, t("keys.open"), " ›"));
    }
    return this.#item(key, colour, `key-${key.at}`);
  }

  #item(item, colour, name) {
    const gone = item.price === null;
    return el(`button.tile.key${ground(colour)}`, {
      type: "button", "data-key": name, "data-sku": item.sku, disabled: gone, onclick: () => this.#till.chosen(item),
    }, el("span.tile-name", {}, item.text ?? item.name ?? item.sku), el("span.tile-price", {}, gone ? t("keys.gone") : price(item.price, item.unit)));
  }

  async #open(name, offset = 0) {
    try {
      const { items } = await read(`/v1/items?category=${encodeURIComponent(name)}&limit=${CATEGORY_ITEMS}&offset=${offset}`);
      const before = offset ? this.#category.items : [];
      this.#category = { name, items: [...before, ...items], more: items.length === CATEGORY_ITEMS };
      this.draw();
      if (!offset) this.element.querySelector(".key")?.focus();
    } catch (error) {
      this.#till.say({ kind: "refused", text: said(error) });
    }
  }

  #back() {
    return el("div.tabs", {},
      el("button.tab.tab-back", { type: "button", "data-key": "category-back", onclick: () => this.#show(this.#page) }, `‹ ${t("keys.back")}`),
      el("h2.category-name", {}, this.#category.name));
  }

  #opened() {
    const { name, items, more } = this.#category;
    const tiles = items.map((item) => this.#item(item, 0, `item-${item.sku}`));
    if (more) {
      tiles.push(el("button.tile.key", { type: "button", "data-key": "category-more", onclick: () => this.#open(name, items.length) },
        el("span.tile-name", {}, t("keys.more"))));
    }
    return keyGrid(tiles, name);
  }
}

/** A grid of keys with one stop for Tab; the arrows go from key to key. */
export function keyGrid(tiles, label) {
  const grid = el("div.keys-grid", { role: "group", "aria-label": label }, tiles);
  const buttons = () => [...grid.querySelectorAll("button:not(:disabled)")];
  const all = () => [...grid.children];
  buttons().forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const places = all();
    let at = places.indexOf(document.activeElement) + step;
    while (places[at] && !buttons().includes(places[at])) at += Math.sign(step) * (Math.abs(step) === 1 ? 1 : COLUMNS);
    if (!places[at]) return;
    for (const button of buttons()) button.tabIndex = -1;
    places[at].tabIndex = 0;
    places[at].focus();
  });
  return grid;
}
