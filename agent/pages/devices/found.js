// What is plugged in: what it probably is, who has it, what to do, and the lines to write.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** A card for each thing that was found; what the agent says of it is in its own words. */
export function found(plugged) {
  if (plugged === null) return el("p.quiet", {}, t("devices.looking"));
  return [
    plugged.devices.map(card),
    !plugged.devices.length && el("p", {}, t("devices.found.none")),
    plugged.unseen.map((one) => el("div.card.card-busy", {}, el("p", {}, one.error), el("p.next", {}, one.hint))),
    el("p.quiet", {}, t("devices.network")), el("pre.config-lines", {}, 'port = "tcp://192.168.1.50:9100"'),
  ];
}

function card(one) {
  const mine = one.configured_as !== null;
  return el("div.card", { "data-found": one.device, "data-kind": one.kind },
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, mine ? "●" : "○"), t(`devices.sure.${one.sure}`, { what: one.what })),
    mine && el("p", {}, t("devices.found.mine", { name: one.configured_as })),
    one.held_by.length > 0 && el("p.next", {}, t("devices.found.held", { who: one.held_by.join(", ") })),
    !mine && el("p", {}, `${one.why}. ${one.next}`),
    !mine && one.switches.map((way) => el("p.next", {}, t("devices.switch", way))),
    !mine && one.configuration.length > 0 && el("pre.config-lines", { tabindex: 0 }, one.configuration.join("\n")),
    !mine && one.port !== null && !one.lasting && el("p.quiet", {}, t("devices.found.socket")),
    el("p.quiet", {}, [one.device, one.usb, one.serial_number].filter(Boolean).join(" · ")));
}
