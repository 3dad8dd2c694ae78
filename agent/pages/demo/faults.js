// Everything that can be wrong with the printer, its drawer and its cable, each a button; and scripts that press them.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

const GROUPS = {
  printer: ["paper", "cover", "power", "cutter", "head", "pace"],
  drawer: ["drawer"],
  cable: ["cable"],
  answers: ["voice", "status", "reports", "ids", "fences", "names"],
  inside: ["buffer", "leftover", "letters", "pulse"],
};

/** The faults as a side of the desk. */
export async function faults(world) {
  const { switches, scripts } = await read("/demo/faults");
  const playing = el("div.scripts", { role: "group", "aria-label": t("demo.script") });
  const groups = el("div.fault-groups");
  let seen = "";
  const update = ({ faults: now }) => {
    const key = JSON.stringify([now.switches, now.script]);
    if (key === seen) return;
    seen = key;
    replace(playing,
      scripts.map((name) => script(world, name, now)),
      el("button.all-well", { type: "button", "data-key": "all-well", disabled: wrong(now, switches).length === 0 && !now.script, onclick: () => world.act("well", {}) }, t("demo.faults.well")));
    replace(groups, Object.entries(GROUPS).map(([group, names]) =>
      el("div.fault-group", { role: "group", "aria-label": t(`demo.faults.${group}`) }, el("h3", {}, t(`demo.faults.${group}`)),
        names.map((name) => switches[name].slice(1).map((position) => fault(world, name, position, now.switches[name], switches[name][0]))))));
  };
  return {
    name: "faults", update,
    element: el("div.faults", {}, playing, groups),
    badge: ({ faults: now }) => wrong(now, switches).length,
    words: ({ faults: now }) => wrong(now, switches).map(([name, position]) => word(name, position)),
  };
}

/** What is wrong, as [switch, position]. A drawer that stands open is nothing wrong, and is beside its picture. */
function wrong({ switches: at }, switches) {
  return Object.values(GROUPS).flat().filter((name) => at[name] !== switches[name][0]).map((name) => [name, at[name]]);
}

function word(name, position) {
  const key = `${name}_${position.replaceAll("-", "_")}`;
  return t(`demo.fault.${key}`);
}

function fault(world, name, position, at, well) {
  const on = at === position;
  return el(`button.fault${on ? ".fault-on" : ""}`, {
    type: "button", "data-key": `fault-${name}-${position}`, "aria-pressed": String(on),
    onclick: () => world.act("switch", { put: `${name} ${on ? well : position}` }),
  }, el("span.mark", { "aria-hidden": "true" }, on ? "✕" : "○"), word(name, position));
}

function script(world, name, now) {
  const on = now.script === name;
  const key = name.replaceAll("-", "_");
  return el(`button.script${on ? ".script-on" : ""}`, {
    type: "button", "data-key": `script-${name}`, "aria-pressed": String(on),
    onclick: () => world.act("script", { name: on ? null : name }),
  }, el("span.mark", { "aria-hidden": "true" }, on ? "■" : "▶"), t(`demo.script.${key}`));
}
