// The store's own part of the form: its name, money, time, tax, and the head of its receipts.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { choice, field } from "../till/panel.js";
import { idOf } from "./draft.js";

/** The fields of the store; each writes into `draft` as it is changed, and tells `changed()`. */
export function storeFields(draft, changed) {
  const { store, tax } = draft;
  const text = (of, key, label, options = {}) => {
    const made = field(label, { key: `setup-${key}`, value: of[key], ...options });
    made.input.addEventListener("input", () => {
      of[key] = made.input.value;
      changed();
    });
    return made;
  };
  const id = text(store, "id", t("setup.store.id"));
  let named = !store.id || store.id === idOf(store.name); // until somebody writes an id of their own
  id.input.addEventListener("input", () => { named = false; });
  const name = text(store, "name", t("setup.store.name"), { maxlength: 200 });
  name.input.addEventListener("input", () => {
    if (!named || !draft.needed) return;
    store.id = idOf(store.name);
    id.input.value = store.id;
  });
  const zones = el("datalist", { id: "setup-zones" }, Intl.supportedValuesOf("timeZone").map((zone) => el("option", { value: zone })));
  const header = el("textarea", {
    rows: 3, "data-key": "setup-header", "aria-label": t("setup.store.header"), spellcheck: "false",
    oninput: (event) => {
      store.receipt_header = event.target.value.split("\n").map((line) => line.trim()).filter(Boolean);
      changed();
    },
  });
  header.value = store.receipt_header.join("\n");
  return el("div.setup-fields", {},
    name.element,
    hinted(id.element, t("setup.store.id_about")),
    text(store, "currency", t("setup.store.currency"), { maxlength: 3, placeholder: "EUR" }).element,
    text(store, "timezone", t("setup.store.timezone"), { placeholder: "Europe/Berlin", list: "setup-zones" }).element, zones,
    text(store, "locale", t("setup.store.locale"), { maxlength: 6, placeholder: "de_DE" }).element,
    choice(t("setup.store.prices"), [[true, t("setup.store.with_tax")], [false, t("setup.store.without_tax")]], store.prices_include_tax,
      (value) => {
        store.prices_include_tax = value;
        changed();
      }),
    text(tax, "rate", t("setup.store.tax"), { mode: "decimal", maxlength: 8, placeholder: "19" }).element,
    text(tax, "name", t("setup.store.tax_name"), { placeholder: t("setup.store.tax_example") }).element,
    el("label.field.setup-wide", {}, el("span.field-label", {}, t("setup.store.header")), header));
}

function hinted(element, words) {
  element.append(el("span.quiet", {}, words));
  return element;
}
