// Arranging the quick keys: choose a place, put an item or a category there, name it, colour it, move it, take it off.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { price } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice, field, primary } from "./panel.js";
import { COLUMNS, ground, keyGrid } from "./quick.js";
import { said } from "./said.js";

const COLOURS = 8; // as many as the agent keeps
const PLACES_LEAST = COLUMNS * 6; // a page as a small screen shows it, and a row to grow into
const PLACES_MOST = 120;
const PAGES_MOST = 40;
const FOUND_MAX = 12;
const SEARCH_MS = 120;

export function arrangePanel(till) {
  const { arranged } = till.quick;
  const pages = arranged.pages.map((page) => ({
    title: page.title ?? t("keys.page_name", { number: 1 }), colour: page.colour,
    keys: page.keys.map(({ at, sku, category, text, colour, name }) => ({ at, sku, category, text, colour, name })),
  }));
  let scope = arranged.scope === "till" ? "till" : "store";
  let index = 0;
  let chosen = 0; // the place on the page
  let moving = null; // the key that goes to the next place that is touched
  let asked = 0;
  const body = el("div");
  const page = () => pages[index];
  const at = (place) => page()?.keys.find((key) => key.at === place);

  const title = field(t("keys.title_of_page"), { key: "page-title", maxlength: 40 });
  title.input.addEventListener("input", () => {
    page().title = title.value;
    drawTabs();
  });
  const text = field(t("keys.text"), { key: "key-text", maxlength: 40 });
  text.input.addEventListener("input", () => {
    const key = at(chosen);
    if (key) key.text = text.value || null;
    drawGrid();
  });
  const find = field(t("keys.find"), { key: "key-find", maxlength: 100 });
  let timer;
  find.input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(), SEARCH_MS);
  });
  const tabs = el("div.tabs");
  const places = el("div");
  const found = el("div.list");
  const about = el("div");

  const put = (what) => {
    page().keys = page().keys.filter((key) => key.at !== chosen);
    page().keys.push({ at: chosen, sku: null, category: null, text: null, colour: null, ...what });
    const last = PLACES_MOST - 1;
    let next = chosen;
    while (next < last && at(next)) next += 1; // the next free place: one after the other is quickly put
    chosen = next;
    find.input.value = "";
    replace(found);
    draw();
    find.select();
  };
  const touch = (place) => {
    if (moving) {
      const there = at(place);
      if (there) there.at = moving.at;
      moving.at = place;
      moving = null;
    }
    chosen = place;
    draw();
    places.querySelector(`[data-key="place-${place}"]`)?.focus();
  };
  const addPage = () => {
    if (pages.length >= PAGES_MOST) return;
    pages.push({ title: t("keys.page_name", { number: pages.length + 1 }), colour: pages.length % COLOURS, keys: [] });
    index = pages.length - 1;
    chosen = 0;
    draw();
    title.select();
  };
  const dropPage = () => {
    pages.splice(index, 1);
    index = Math.max(0, index - 1);
    if (!pages.length) addPage();
    chosen = 0;
    draw();
  };
  const search = async () => {
    const wanted = ++asked;
    const words = find.value;
    if (!words) return replace(found);
    try {
      const [{ items }, { categories }] = await Promise.all([read(`/v1/items?q=${encodeURIComponent(words)}&limit=${FOUND_MAX}`), read("/v1/categories")]);
      if (wanted !== asked) return undefined;
      const named = categories.filter((name) => name.toLowerCase().includes(words.toLowerCase())).slice(0, FOUND_MAX / 2);
      replace(found,
        named.map((name) => el("button.row-button", { type: "button", "data-key": `put-category-${name}`, onclick: () => put({ category: name, name: null }) },
          el("span", {}, name), el("em", {}, t("keys.category")))),
        items.map((item) => el("button.row-button", { type: "button", "data-key": `put-${item.sku}`, onclick: () => put({ sku: item.sku, name: item.name }) },
          el("span", {}, item.name), el("span", {}, price(item.price, item.unit)))),
        !named.length && !items.length && el("p.quiet", {}, t("entry.none", { text: words })));
      return found.scrollIntoView({ block: "nearest" });
    } catch (error) {
      return replace(found, el("p.quiet", {}, said(error)));
    }
  };
  const save = async () => {
    const unnamed = pages.find((one) => !one.title.trim());
    if (unnamed) {
      index = pages.indexOf(unnamed);
      draw();
      return title.complain(t("keys.title_needed"));
    }
    return keep(pages.map(({ title: name, colour, keys }) => ({
      title: name, colour,
      keys: keys.map((key) => Object.fromEntries(["at", "sku", "category", "text", "colour"].filter((one) => key[one] !== null).map((one) => [one, key[one]]))),
    })));
  };
  const keep = async (arrangement) => {
    if (!(await till.attending.arrange({ scope, revision: arranged.revision, pages: arrangement }))) {
      till.show(panel); // as it was, where somebody was asked for leave meanwhile
      return;
    }
    await till.quick.load();
    till.home();
    till.say({ kind: "note", text: t("keys.kept") });
  };

  const drawTabs = () => replace(tabs,
    pages.map((one, place) => el(`button.tab${ground(one.colour)}`, {
      type: "button", "aria-pressed": String(place === index), "data-key": `arrange-page-${place}`,
      onclick: () => {
        index = place;
        chosen = 0;
        draw();
      },
    }, one.title || "…")),
    el("button.tab", { type: "button", "data-key": "add-page", disabled: pages.length >= PAGES_MOST, onclick: addPage }, `+ ${t("keys.add_page")}`));
  const drawGrid = () => {
    const last = Math.max(-1, ...(page()?.keys ?? []).map((key) => key.at));
    const count = Math.min(PLACES_MOST, Math.max(PLACES_LEAST, Math.ceil((last + 1 + COLUMNS) / COLUMNS) * COLUMNS));
    replace(places, keyGrid(Array.from({ length: count }, (_, place) => {
      const key = at(place);
      return el(`button.tile.key${key ? ground(key.colour ?? page().colour) : ".slot"}${place === chosen ? ".key-chosen" : ""}`, {
        type: "button", "aria-pressed": String(place === chosen), "data-key": `place-${place}`, onclick: () => touch(place),
        "aria-label": t(key ? "keys.place" : "keys.place_free", { number: place + 1, what: key ? name(key) : "" }),
      }, el("span.tile-name", {}, key ? name(key) : "+"), key?.category && el("span.tile-price", {}, t("keys.category")));
    }), page()?.title ?? ""));
  };
  const drawAbout = () => {
    const key = at(chosen);
    text.input.value = key?.text ?? "";
    text.element.hidden = !key;
    replace(about, key && el("div", {},
      colours(t("keys.colour"), key.colour ?? page().colour, (colour) => {
        key.colour = colour;
        draw();
      }),
      el("div.chips", {},
        el("button", { type: "button", "data-key": "move", "aria-pressed": String(moving === key), onclick: () => {
          moving = moving === key ? null : key;
          draw();
        } }, t(moving === key ? "keys.moving" : "keys.move")),
        el("button", { type: "button", "data-key": "take-off", onclick: () => {
          page().keys = page().keys.filter((one) => one !== key);
          draw();
        } }, t("keys.take_off")))));
  };
  const draw = () => {
    if (document.activeElement !== title.input) title.input.value = page().title;
    drawTabs();
    drawGrid();
    drawAbout();
    replace(pageColour, colours(t("keys.page_colour"), page().colour, (colour) => {
      page().colour = colour;
      draw();
    }));
  };
  const pageColour = el("div");

  if (!pages.length) pages.push({ title: t("keys.page_name", { number: 1 }), colour: 0, keys: [] });
  replace(body, tabs, places, find.element, found, text.element, about,
    el("h3", {}, t("keys.this_page")), title.element, pageColour,
    el("div.chips", {}, el("button", { type: "button", "data-key": "drop-page", onclick: dropPage }, t("keys.drop_page"))),
    choice(t("keys.scope"), [["store", t("keys.scope.store")], ["till", t("keys.scope.till")]], scope, (value) => { scope = value; }),
    primary(t("keys.save"), save),
    arranged.scope !== "catalogue" && el("button.row-button", { type: "button", "data-key": "unarrange", onclick: () => keep([]) }, t("keys.unarrange")));
  draw();
  const panel = { title: t("keys.arrange"), body, focus: () => places.querySelector(`[data-key=place-${chosen}]`)?.focus() };
  return panel;
}

function name(key) {
  return key.text ?? key.name ?? key.category ?? key.sku;
}

function colours(label, now, onchange) {
  const one = (colour) => el(`button.colour${ground(colour)}`, {
    type: "button", role: "radio", "aria-checked": String(colour === now), "data-key": `${label}-${colour}`,
    "aria-label": t("keys.colour_number", { number: colour + 1 }), onclick: () => onchange(colour),
  }, colour === now ? "✓" : String(colour + 1));
  return el("div.field", {}, el("span.field-label", {}, label),
    el("div.choices", { role: "radiogroup", "aria-label": label }, Array.from({ length: COLOURS }, (_, colour) => one(colour))));
}
