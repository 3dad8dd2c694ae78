// The lamps: what each device and each cloud is doing, by shape, word and colour; touched, they explain themselves.

import { el, replace } from "../parts/dom.js";
import { clock, when } from "../parts/money.js";
import { has, t } from "../parts/words.js";
import { backlog, because, cloudLight, heldBy, lineLights } from "./line.js";
import { mattersButton } from "./panel_matters.js";
import { outagePanel } from "./panel_outage.js";

const LAMPS_IN_A_ROW = 5; // with their words; more, and those of working devices are one lamp on every screen

const MARKS = { good: "●", busy: "◐", bad: "✕", off: "○", held: "‖" };

/** A row of lamps, as a button that opens the panel explaining them. */
export function lampBar(till) {
  const bar = el("div.lamps");
  let known = "";
  return {
    element: bar,
    update: () => {
      const now = lights(till.state);
      const text = JSON.stringify(now);
      if (text === known) return; // each line that is rung asks for this
      known = text;
      bar.classList.toggle("lamps-many", now.length > LAMPS_IN_A_ROW);
      replace(bar, folded(till, now), now.map(({ key, level, name, word, outage }) =>
        el(`button.lamp.lamp-${level}${level === "good" && !outage ? ".lamp-fold" : ""}`, {
          type: "button", "data-key": `lamp-${key}`, "data-lamp": key, "data-level": level, "aria-label": `${name} ${word}`,
          onclick: () => till.show(outage ? outagePanel(till) : lampsPanel(till)),
        }, el("span.mark", { "aria-hidden": "true" }, MARKS[level]),
        el("span.lamp-name", {}, name), " ", el("span.lamp-word", {}, word))));
    },
  };
}

// Where there is little room, the devices that work are one lamp; the style sheet chooses which is seen.
function folded(till, now) {
  const working = now.filter(({ level, outage }) => level === "good" && !outage);
  return working.length > 0 && el("button.lamp.lamp-good.lamp-folded", {
    type: "button", "data-key": "lamp-devices", "data-level": "good", "aria-label": `${t("devices.title")} ${t("lamp.ready")}`,
    onclick: () => till.show(lampsPanel(till)),
  }, el("span.mark", { "aria-hidden": "true" }, MARKS.good), el("span.lamp-name", {}, t("devices.title")));
}

/** Every device and cloud with what its state means and what to do. */
export function lampsPanel(till) {
  const body = el("div.list");
  return {
    title: t("lamps.title"),
    body,
    update: (state) => replace(body, state.devices.map(deviceCard), state.clouds.map((cloud) => cloudCard(cloud, state.status.line?.clouds[cloud.name])),
      mattersButton(till, state.clouds.reduce((sum, cloud) => sum + (cloud.matters ?? 0), 0)),
      el("button", { type: "button", "data-key": "to-outage", onclick: () => till.show(outagePanel(till)) }, t("outage.title"))),
    focus: () => till.entry.focus(),
  };
}

function lights(state) {
  const known = state.away ? { level: "off", word: t("lamp.unknown") } : {}; // nobody is there to say
  return [
    ...state.devices.map((device) => ({
      key: device.name, name: kind(device), level: deviceLevel(device),
      word: (device.state === "ready" && (trouble(device) || (isLent(device) && t("lamp.lent")))) || t(`lamp.${device.state}`), ...known,
    })),
    ...lineLights(state.status.line).map((light) => ({ ...light, ...known, outage: true })),
    ...state.clouds.map((cloud) => ({ key: cloud.name, name: cloud.name, ...cloudLight(cloud, state.status.line?.clouds[cloud.name]), ...known, outage: true })),
  ];
}

function deviceLevel(device) {
  if (device.state === "ready") return trouble(device) ? "bad" : isLent(device) ? "held" : "good";
  return { opening: "busy", lost: "bad" }[device.state] ?? "off";
}

// What a lent scanner reads rings nothing here; a printer or a drawer that is lent still serves the till.
function isLent({ kind: what, claim }) {
  return what === "scanner" && Boolean(claim);
}

// A printer that is there may still have no paper. Unknown is not trouble: many cannot say.
function trouble({ error, status }) {
  if (error) return t("lamp.attention");
  if (status?.cover_open === true) return t("lamp.cover_open");
  if (status?.paper === "end") return t("lamp.paper_end");
  if (status?.cutter_error === true || status?.error === true || status?.online === false) return t("lamp.attention");
  return "";
}

/** One device: what it is doing, its trouble and what to do. */
export function deviceCard(device) {
  const level = deviceLevel(device);
  return el(`div.card.card-${level}`, {},
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, MARKS[level]), `${kind(device)} · ${device.name}`),
    el("p", {}, device.error ?? ((device.state === "ready" && trouble(device)) || t(`lamps.device.${device.state}`))),
    device.hint && el("p.next", {}, device.hint),
    device.claim && el("p", {}, t(device.kind === "scanner" ? "lamps.lent.scanner" : "lamps.lent", { holder: device.claim.holder })),
    device.notices?.map((notice) => [el("p", {}, notice.detail), el("p.next", {}, notice.hint)]),
    el("p.quiet", {}, device.port, device.since ? ` · ${t("lamps.since", { time: clock(device.since) })}` : ""));
}

function cloudCard(cloud, lamp) {
  const { level } = cloudLight(cloud, lamp);
  const waiting = backlog(cloud);
  return el(`div.card.card-${level}`, {},
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, MARKS[level]), `${t("kind.cloud")} · ${cloud.name}`),
    el("p", {}, t(cloud.parked ? "lamps.cloud.parked" : waiting ? "lamps.cloud.waiting" : "lamps.cloud.ok")),
    el("p", {}, t("lamps.cloud.counts", { delivered: cloud.delivered ?? 0, waiting, parked: cloud.parked ?? 0 })),
    lamp && el("p", {}, cloud.offline ? heldBy(cloud.offline) : `${t(`line.state.${lamp.state}`)}. ${because(lamp)}`),
    cloud.oldest_waiting && el("p.quiet", {}, t("lamps.cloud.oldest", { time: when(cloud.oldest_waiting) })),
    cloud.last_error && el("p.quiet", {}, t("lamps.cloud.error", { error: cloud.last_error })));
}

function kind(device) {
  return has(`kind.${device.kind}`) ? t(`kind.${device.kind}`) : device.name;
}
