// The line to the cloud: a plug that one pulls, and what arrives at the other end.

import { el, replace, svg } from "../parts/dom.js";
import { clock, money } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice } from "../till/panel.js";

const ORDERS_SHOWN = 40;

/** The line as an element with `update(now)`. */
export function line(world) {
  let plugged = true;
  const word = el("strong");
  const action = el("span.plug-action");
  const button = el("button.plug", { type: "button", "data-key": "plug", "data-plug": true, onclick: () => world.act("line", { plugged: !plugged }) }, picture(), action);
  const box = el("section.scene.line-scene", {}, el("header", {}, el("h2", {}, t("demo.line")), word), button);
  return {
    element: box,
    update: ({ line: now }) => {
      plugged = now.plugged;
      box.classList.toggle("pulled", !plugged);
      box.dataset.plugged = String(plugged);
      word.textContent = t(plugged ? "demo.line.in" : "demo.line.out");
      action.textContent = t(plugged ? "demo.line.pull" : "demo.line.plug");
    },
  };
}

/** The cloud as an element with `update(now)`. */
export function cloud(world) {
  const counts = el("div.tallies");
  const orders = el("ul.orders", { tabindex: "0", "aria-label": t("demo.cloud") }); // it scrolls: a keyboard gets there, too
  const doubles = el("p.quiet");
  let trouble = "none";
  const troubles = el("div.troubles");
  const drawTroubles = () => replace(troubles, choice(t("demo.cloud.trouble"),
    ["none", "unavailable", "hang"].map((name) => [name, t(`demo.trouble.${name}`)]), trouble, (name) => world.act("cloud", { trouble: name })));
  drawTroubles();
  let seen = "";
  return {
    element: el("section.scene.cloud-scene", {}, el("header", {}, el("h2", {}, t("demo.cloud")), doubles), counts, orders, troubles),
    update: ({ cloud: now, journal, waiting }) => {
      const count = (name, value) => el(`div.tally.tally-${name}`, { "data-count": name, "data-value": value }, el("strong", {}, String(value)), el("small", {}, t(`demo.count.${name}`)));
      replace(counts, count("journal", journal), count("cloud", now.count), count("waiting", waiting));
      doubles.textContent = now.doubles ? t("demo.cloud.doubles", { count: now.doubles }) : "";
      if (now.trouble !== trouble) {
        trouble = now.trouble;
        drawTroubles();
      }
      const key = `${now.orders[0]?.id}/${now.count}`;
      if (key === seen) return;
      const before = seen;
      seen = key;
      replace(orders, now.orders.length
        ? now.orders.slice(0, ORDERS_SHOWN).map((order, index) => el(`li${before && index === 0 ? ".arrived" : ""}`, { "data-order": order.id },
          el("span", {}, `✓ ${t(`record.kind.${order.kind}`)} ${order.receipt_number ?? ""}`),
          el("span", {}, order.total === null ? clock(order.at) : money(order.total))))
        : el("li.quiet", {}, t("demo.cloud.empty")));
    },
  };
}

function picture() {
  return svg("svg", { viewBox: "0 0 200 56", class: "plug-picture", "aria-hidden": "true" },
    svg("g", { class: "plug-half" },
      svg("path", { d: "M0 28h62", stroke: "currentColor", "stroke-width": 5, fill: "none" }),
      svg("rect", { x: 60, y: 13, width: 34, height: 30, rx: 6, fill: "currentColor" }),
      svg("path", { d: "M94 21h14M94 35h14", stroke: "currentColor", "stroke-width": 5 })),
    svg("g", { class: "socket-half" },
      svg("rect", { x: 108, y: 10, width: 34, height: 36, rx: 6, fill: "none", stroke: "currentColor", "stroke-width": 4 }),
      svg("path", { d: "M142 28h58", stroke: "currentColor", "stroke-width": 5, fill: "none" })));
}
