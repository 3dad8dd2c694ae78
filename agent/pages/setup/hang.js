// What hangs on this PC: what is plugged in with one button to use it, a printer on the network, and each till's devices.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { field } from "../till/panel.js";
import { add, drop, namesOf } from "./draft.js";

const USUAL_PORT = ":9100"; // where printers on a network listen

/** A card for each thing that was found; `changed()` is told when one was taken or put back. */
export function foundCards(draft, plugged, changed) {
  if (plugged === null) return el("p.quiet", {}, t("devices.looking"));
  const strange = plugged.devices.filter((one) => one.configured_as === null);
  return [
    plugged.devices.filter((one) => one.configured_as !== null).map((one) =>
      el("p", { "data-found": one.device }, `● ${one.what}: ${t("devices.found.mine", { name: one.configured_as })}`)),
    strange.map((one) => card(draft, one, changed)),
    !plugged.devices.length && el("p", {}, t("devices.found.none")),
    plugged.unseen.map((one) => el("div.card.card-busy", {}, el("p", {}, one.error), el("p.next", {}, one.hint))),
  ];
}

function card(draft, one, changed) {
  const taken = draft.added.find(({ place }) => place === one.device);
  return el("div.card", { "data-found": one.device },
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, taken ? "✓" : "○"), t(`devices.sure.${one.sure}`, { what: one.what })),
    one.held_by.length > 0 && el("p.next", {}, t("devices.found.held", { who: one.held_by.join(", ") })),
    taken ? el("p", {}, t("setup.hang.taken", { name: taken.section.name })) : el("p", {}, `${one.why}. ${one.next}`),
    el("div.device-keys", {}, taken
      ? el("button", { type: "button", "data-key": `drop-${one.device}`, onclick: () => { drop(draft, one.device); changed(); } }, t("setup.hang.drop"))
      : sections(one).map(([role, section]) => el("button", {
        type: "button", "data-key": `use-${role}-${one.device}`, "data-use": role,
        onclick: () => { add(draft, role, one.device, section); changed(); },
      }, t(`setup.hang.use.${role}`)))),
    el("p.quiet", {}, [one.device, one.usb, one.serial_number].filter(Boolean).join(" · ")));
}

// The agent's lines for a device ("[[printer]]", "name = …", "port = …"), as sections: each is one thing it may be.
function sections(one) {
  const found = [];
  for (const line of one.configuration) {
    const head = /^\[\[(\w+)\]\]$/.exec(line);
    const value = /^(\w+) = (".*")$/.exec(line);
    if (head) found.push([head[1], {}]);
    else if (value && found.length) found[found.length - 1][1][value[1]] = JSON.parse(value[2]);
  }
  return found;
}

/** A printer on the network: its address, and a button. */
export function networkPrinter(draft, changed) {
  const address = field(t("setup.hang.network"), { key: "setup-address", placeholder: "192.168.1.50", onenter: () => take() });
  function take() {
    const text = address.value;
    if (!text) return;
    const port = text.includes("://") ? text : `tcp://${/:\d+$/.test(text) ? text : text + USUAL_PORT}`;
    add(draft, "printer", port, { name: "receipt", port });
    address.input.value = "";
    changed();
  }
  return el("div.beside", {}, address.element, el("button", { type: "button", "data-key": "setup-address-use", onclick: take }, t("setup.hang.use.printer")));
}

/** What was added and is none of what is plugged in, and a drawer on a printer that has none. */
export function addedCards(draft, plugged, changed) {
  const found = new Set((plugged?.devices ?? []).map((one) => one.device));
  const printers = namesOf(draft, "printer");
  return [
    draft.added.filter(({ place }) => !found.has(place)).map(({ role, place, section }) =>
      el("div.card", { "data-added": section.name },
        el("h3", {}, el("span.mark", { "aria-hidden": "true" }, "✓"), `${t(`kind.${role}`)} · ${section.name}`),
        el("p.quiet", {}, section.port ?? t("setup.hang.on_printer", { printer: section.printer })),
        el("div.device-keys", {}, el("button", { type: "button", "data-key": `drop-${place}`, onclick: () => { drop(draft, place); changed(); } }, t("setup.hang.drop"))))),
    printers.length > 0 && !namesOf(draft, "drawer").length && el("div.card", {},
      el("p", {}, t("setup.hang.drawer_about")),
      el("div.device-keys", {}, el("button", {
        type: "button", "data-key": "use-drawer", onclick: () => { add(draft, "drawer", "drawer", { name: "drawer", printer: printers[0] }); changed(); },
      }, t("setup.hang.drawer", { printer: printers[0] })))),
  ];
}

/** Each till: its id, and which device of each kind it rings with. */
export function tillFields(draft, changed) {
  const roles = Object.keys(draft.configured).filter((role) => namesOf(draft, role).length);
  return [
    draft.tills.map((till, place) => {
      const id = field(t("setup.till.id", { number: place + 1 }), { key: `setup-till-${place}`, value: till.id, maxlength: 12 });
      if (!draft.needed && !till.fresh) id.input.readOnly = true; // its receipts begin with it
      id.input.addEventListener("input", () => { till.id = id.input.value; });
      return el("div.setup-fields", { role: "group", "aria-label": t("setup.till.id", { number: place + 1 }) },
        id.element, roles.map((role) => roleField(draft, till, place, role)));
    }),
    el("div.device-keys", {}, el("button", { type: "button", "data-key": "setup-till-add", onclick: () => { addTill(draft); changed(); } }, t("setup.till.add"))),
  ];
}

function roleField(draft, till, place, role) {
  const label = t(`kind.${role}`);
  const select = el("select", {
    "data-key": `setup-till-${place}-${role}`, "aria-label": label, onchange: (event) => { till[role] = event.target.value || null; },
  }, el("option", { value: "" }, t("setup.till.none")), namesOf(draft, role).map((name) => el("option", { value: name }, name)));
  select.value = till[role] ?? "";
  return el("label.field", {}, el("span.field-label", {}, label), select);
}

function addTill(draft) {
  const taken = draft.tills.map(({ id }) => id);
  let number = draft.tills.length + 1;
  while (taken.includes(`till-${number}`)) number += 1;
  draft.tills.push({ id: `till-${number}`, fresh: true, scanner: null, printer: null, drawer: null, scale: null, display: null });
}
