// The cash drawer, as it stands.

import { el, svg } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** The drawer as an element with `update(now)`. */
export function drawer(world) {
  const word = el("strong.drawer-word");
  let open = false;
  const push = el("button", {
    type: "button", "data-key": "push", "data-push": true,
    onclick: () => (open ? world.act("drawer", { open: false }) : world.act("switch", { put: "tray open" })),
  });
  const pulses = el("small");
  const box = el("section.scene.drawer-scene", {},
    el("header", {}, el("h2", {}, t("demo.drawer")), word),
    picture(), el("div.drawer-hand", {}, push, pulses));
  return {
    element: box,
    update: ({ drawer: now }) => {
      box.classList.toggle("open", now.open);
      box.dataset.open = String(now.open);
      open = now.open;
      word.textContent = t(open ? "demo.drawer.open" : "demo.drawer.closed");
      push.textContent = t(open ? "demo.drawer.push" : "demo.drawer.key");
      pulses.textContent = t("demo.drawer.pulses", { n: now.openings });
    },
  };
}

function picture() {
  const coin = (x, fill) => svg("circle", { cx: x, cy: 30, r: 5, fill, stroke: "#5b4a12" });
  const note = (x, fill) => svg("rect", { x, y: 15, width: 26, height: 10, rx: 1.500, fill, stroke: "#33413d", "stroke-width": 0.700 });
  return svg("svg", { viewBox: "0 0 160 96", class: "drawer-picture", "aria-hidden": "true" },
    svg("g", { class: "drawer-tray" },
      svg("rect", { x: 14, y: 10, width: 132, height: 34, fill: "#2b3532" }),
      note(22, "#9fc8a0"), note(52, "#d8a38f"), note(82, "#a7bedd"), note(112, "#e3cf8d"),
      coin(30, "#e5c04f"), coin(48, "#d9d9d9"), coin(66, "#e5c04f"), coin(90, "#c07a3e"), coin(108, "#d9d9d9"), coin(126, "#e5c04f"),
      svg("rect", { x: 8, y: 40, width: 144, height: 24, rx: 3, fill: "#56645f" }),
      svg("rect", { x: 62, y: 50, width: 36, height: 4, rx: 2, fill: "#222b29" })),
    svg("rect", { class: "drawer-case", x: 2, y: 2, width: 156, height: 36, rx: 4, fill: "#6d7b76" }));
}
