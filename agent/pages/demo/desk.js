// What the visitor works with: the shelf, or the printer's faults. One of them is in sight.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** The desk as an element with `update(now)`. A side is {name, element, badge(now)?, update(now)?}. */
export function desk(...sides) {
  let chosen = sides[0].name;
  let now = null;
  const tabs = el("div.desk-tabs", { role: "tablist" });
  const box = el("section.scene.desk", {}, tabs, sides.map((side) => side.element));
  let drawn = "";
  const draw = () => {
    const badges = sides.map((side) => (now && side.badge?.(now)) || 0);
    const key = JSON.stringify([chosen, badges]);
    if (key === drawn) return;
    drawn = key;
    document.getElementById("world").dataset.desk = chosen;
    for (const side of sides) side.element.hidden = side.name !== chosen;
    replace(tabs, sides.map((side, index) =>
      el("button.desk-tab", {
        type: "button", role: "tab", "aria-selected": String(side.name === chosen), "data-key": `desk-${side.name}`,
        onclick: () => {
          chosen = side.name;
          draw();
        },
      }, t(`demo.desk.${side.name}`), badges[index] > 0 && el("span.badge", {}, String(badges[index])))));
  };
  draw();
  return {
    element: box,
    update: (seen) => {
      now = seen;
      draw();
      for (const side of sides) side.update?.(seen);
    },
  };
}
