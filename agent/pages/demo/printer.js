// The printer: its switches, and what came out of it, drawn by the agent from the very bytes it got.

import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** The printer as an element with `update(now)`. `words(now)` says what is wrong with it. */
export function printer(world, words) {
  let shown = null; // a receipt's id; null follows the newest
  let newest = null;
  const switches = el("div.switches");
  const paper = el("div.paper");
  const count = el("small");
  const state = el("p.printer-state", { role: "status" });
  const box = el("section.scene.printer", {}, el("header", {}, el("h2", {}, t("demo.printer")), count), switches, state, el("div.paper-slot"), paper);
  let drawn = "";
  let set = "";
  const draw = ({ receipts }) => {
    const last = receipts.length - 1;
    const at = shown === null ? last : Math.max(0, receipts.indexOf(shown));
    const id = receipts[at];
    const key = JSON.stringify([id, at, last, box.classList.contains("large")]);
    if (key === drawn) return;
    drawn = key;
    const step = (by) => {
      shown = at + by >= last ? null : receipts[at + by];
      draw({ receipts });
    };
    replace(paper, id === undefined
      ? el("p.quiet.paper-none", {}, t("demo.printer.empty"))
      : [el("div.paper-bar", {},
        el("button", { type: "button", "data-key": "older", disabled: at === 0, onclick: () => step(-1) }, `◀ ${t("demo.receipt.older")}`),
        el("button", { type: "button", "data-key": "newer", disabled: at === last, onclick: () => step(1) }, `${t("demo.receipt.newer")} ▶`)),
      el("button.paper-face", { type: "button", "data-key": "large", "aria-label": t("demo.receipt.large"), onclick: () => {
        box.classList.toggle("large");
        draw({ receipts });
      } }, el(`img${id !== newest && at === last ? ".coming-out" : ""}`, { src: `/demo/receipts/${id}.png`, alt: t("demo.receipt.alt", { count: id }), "data-receipt": id }))]);
    if (at === last && id !== newest) paper.scrollTop = 0;
    newest = receipts[last];
  };
  const update = (seen) => {
    const { printer: now, faults: { waiting_bytes: waiting } } = seen;
    const said = [...words(seen), ...(waiting ? [t("demo.printer.waiting", { n: waiting })] : [])];
    state.textContent = said.join(" · ") || t("demo.printer.well");
    state.classList.toggle("trouble", said.length > 0);
    count.textContent = t("demo.printer.count", { n: now.receipts.length });
    draw(now);
    box.classList.toggle("no-power", !now.power);
    const key = JSON.stringify([now.paper, now.cover_open, now.power]);
    if (key === set) return;
    set = key;
    replace(switches,
      toggle(world, "paper", now.paper, t("demo.printer.paper"), t(now.paper ? "demo.paper.in" : "demo.paper.out"), now.paper),
      toggle(world, "cover_open", now.cover_open, t("demo.printer.cover"), t(now.cover_open ? "demo.cover.open" : "demo.cover.closed"), !now.cover_open),
      toggle(world, "power", now.power, t("demo.printer.power"), t(now.power ? "demo.power.on" : "demo.power.off"), now.power));
  };
  return { element: box, update };
}

function toggle(world, name, value, label, word, good) {
  return el(`button.switch${good ? "" : ".switch-off"}`, {
    type: "button", "data-key": `switch-${name}`, "data-switch": name, "aria-pressed": String(value),
    onclick: () => world.act("printer", { [name]: !value }),
  }, el("span.mark", { "aria-hidden": "true" }, good ? "●" : "✕"), el("span", {}, label, el("strong", {}, ` ${word}`)));
}
