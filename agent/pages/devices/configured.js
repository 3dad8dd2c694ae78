// The devices of the configuration: state, trouble and hint, a test, and what goes over the wire.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { deviceCard } from "../till/lamps.js";
import { echo, wire } from "./wire.js";

/** A card for each device; `does.test(device)`, `does.watch(device, on)` and `does.takeBack(device)` act. */
export function configured(seen, does) {
  if (!seen.devices.length) return el("p.quiet", {}, t("devices.none"));
  return seen.devices.map((device) => {
    const card = deviceCard(device);
    const trace = seen.traces[device.name];
    card.dataset.device = device.name;
    card.dataset.state = device.state;
    card.append(el("div.device-keys", {},
      el("button", { type: "button", "data-key": `test-${device.name}`, onclick: () => does.test(device) }, t(`devices.test.${device.kind}`)),
      traceable(device) && el("button", {
        type: "button", "data-key": `trace-${device.name}`, "aria-pressed": String(Boolean(trace?.on)),
        onclick: () => does.watch(device, !trace?.on),
      }, t("devices.trace")),
      device.claim && el("button", { type: "button", "data-key": `back-${device.name}`, onclick: () => does.takeBack(device) }, t("devices.take_back"))));
    if (seen.said[device.name]) card.append(el("p.device-said", { role: "status" }, seen.said[device.name]));
    if (trace) card.append(...echo(trace), wire(trace));
    return card;
  });
}

// A drawer on a printer has the printer's wire; a keyboard's and a print queue's cannot be looked at.
function traceable({ port }) {
  return port.includes("://") && !port.startsWith("evdev:") && !port.startsWith("spool:");
}
