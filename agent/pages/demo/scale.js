// The scale and what lies beside it: put something on the pan, and scan it.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { price, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";

/** The scale as a side of the desk. */
export async function scale(world) {
  const { items } = await read("/demo/shelf");
  const loose = items.filter((item) => item.loose);
  const display = el("output.pan-display", { "data-kg": "" });
  const pan = el("p.pan", { role: "status" });
  const goods = el("div.pan-goods");
  let drawn = null;
  const draw = ({ on, kg }) => {
    display.dataset.kg = kg;
    display.textContent = quantity(kg, "kg");
    pan.textContent = loose.find((item) => item.sku === on)?.name ?? t("demo.scale.empty");
    pan.classList.toggle("pan-loaded", on !== null);
    replace(goods, loose.map((item) => el("div.pan-good", {},
      el("p", {}, el("strong", {}, item.name), el("small", {}, price(item.price, item.unit))),
      el("button", {
        type: "button", "aria-pressed": String(item.sku === on), "data-key": `pan-${item.sku}`,
        onclick: () => world.act("scale", { on: item.sku === on ? null : item.sku }),
      }, t(item.sku === on ? "demo.scale.take" : "demo.scale.put")),
      el("button", {
        type: "button", "data-key": `pan-scan-${item.sku}`,
        onpointerdown: (event) => event.preventDefault(), // the till keeps the focus, as with a real scanner
        onclick: () => world.act("scan", { code: item.code }),
      }, t("demo.scale.scan")))));
  };
  return {
    name: "scale",
    element: el("div.pan-scene", {}, el("div.pan-machine", {}, pan, display), goods),
    update: ({ scale: now }) => {
      const key = JSON.stringify(now);
      if (key === drawn) return;
      drawn = key;
      draw(now);
    },
  };
}
