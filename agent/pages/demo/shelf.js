// The shelf: every item with its barcode. A click holds it before the simulated scanner.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { price } from "../parts/money.js";
import { t } from "../parts/words.js";
import { ean13 } from "./ean13.js";

/** The shelf as a side of the desk. */
export async function shelf(world) {
  const { items } = await read("/demo/shelf");
  const categories = [...new Set(items.map((item) => item.category))];
  let chosen = null;
  const cards = el("div.shelf-items");
  const tabs = el("div.shelf-tabs", { role: "tablist" });
  const draw = () => {
    replace(tabs, [null, ...categories].map((category) =>
      el("button.shelf-tab", {
        type: "button", role: "tab", "aria-selected": String(category === chosen), "data-key": `tab-${category ?? ""}`,
        onclick: () => {
          chosen = category;
          draw();
        },
      }, category ?? t("demo.shelf.all"))));
    replace(cards, items.filter((item) => chosen === null || item.category === chosen).map((item) =>
      el("button.shelf-item", {
        type: "button", "data-code": item.code, "data-key": `shelf-${item.code}`,
        onpointerdown: (event) => event.preventDefault(), // the till keeps the focus, as with a real scanner
        onclick: (event) => {
          flash(event.currentTarget);
          void world.act("scan", { code: item.code });
        },
      }, el("span.shelf-name", {}, item.name), ean13(item.code), el("span.shelf-price", {}, item.note ?? price(item.price, item.unit)))));
  };
  draw();
  return { name: "shelf", element: el("div.shelf", {}, tabs, cards) };
}

function flash(card) {
  card.classList.remove("scanned");
  void card.offsetWidth; // begins the animation anew
  card.classList.add("scanned");
}
