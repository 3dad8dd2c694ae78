// Panels for who works here: the first manager, everybody, one of them.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { choice, field, oneAtATime, primary } from "./panel.js";
import { pinField } from "./panel_pin.js";

const ROLES = ["cashier", "supervisor", "manager", "tech"];
const NAME_CHARS_MAX = 40;

/** Set up the first manager, or say that this shop needs no PINs. */
export function firstPanel(till, watch) {
  const form = asks({ name: "", role: "manager", fixed: true, pinNeeded: true, save: async (body, refused) => {
    const added = await watch.send("POST", "/v1/staff", body, { refused });
    if (!added) return;
    const now = await watch.send("POST", "/v1/sign-in", { pin: body.pin });
    if (now) watch.take(now);
    watch.people(panel);
  } });
  const panel = {
    title: t("staff.set_up"),
    body: el("div", {}, el("p", {}, t("staff.set_up_how")), form.element,
      el("div.chips", {}, primary(t("staff.set_up_do"), form.save), el("button.chip", { type: "button", "data-key": "skip", onclick: () => watch.skip() }, t("staff.skip")))),
    focus: () => form.name.input.focus(),
  };
  return panel;
}

/** Everybody who works here. */
export function staffPanel(till, watch) {
  const list = el("div.list");
  const draw = () => read("/v1/staff").then(({ staff }) => replace(list, staff.map((one) =>
    el("button.row-button", { type: "button", "data-key": `staff-${one.id}`, onclick: () => till.show(personPanel(till, watch, one)) },
      el("strong", {}, one.name), el("span", {}, t(`staff.role_${one.role}`))))), () => {});
  void draw();
  return {
    title: t("staff.people"),
    // The button first: the names come later, and must not push it from under a finger.
    body: el("div.list", {}, el("div", {}, primary(t("staff.add"), () => till.show(personPanel(till, watch, null)))), list),
    focus: () => list.parentElement?.querySelector(".primary")?.focus(),
  };
}

/** Somebody new, or one of the staff: name, role, PIN, and letting them go. */
function personPanel(till, watch, person) {
  const path = person && `/v1/staff/${encodeURIComponent(person.id)}`;
  const form = asks({ name: person?.name ?? "", role: person?.role ?? "cashier", pinNeeded: !person, save: async (body, refused) => {
    const { pin, ...rest } = body;
    const changed = person && rest.name === person.name && rest.role === person.role;
    if (person && !changed && !(await watch.send("PATCH", path, rest, { refused }))) return;
    if (person && pin && !(await watch.send("POST", `${path}/pin`, { pin }, { refused }))) return;
    if (!person && !(await watch.send("POST", "/v1/staff", body, { refused }))) return;
    void watch.read();
    till.say({ kind: "note", text: t("staff.saved", { name: rest.name }) });
    watch.people(panel);
  } });
  const remove = async () => {
    if (!(await watch.send("DELETE", path))) return;
    void watch.read();
    till.say({ kind: "note", text: t("staff.removed", { name: person.name }) });
    watch.people(panel);
  };
  const sure = el("button.chip.danger", { type: "button", "data-key": "remove-sure", hidden: true, onclick: remove }, t("staff.remove_sure", { name: person?.name ?? "" }));
  const ask = person && el("button.chip", { type: "button", "data-key": "remove", onclick: () => { sure.hidden = false; sure.focus(); } }, t("staff.remove"));
  const panel = {
    title: person ? person.name : t("staff.add"),
    body: el("div", {}, form.element, primary(t("staff.save"), form.save), el("div.chips", {}, ask, person && sure)),
    focus: () => form.name.input.focus(),
  };
  return panel;
}

// Name, role and PIN; `save(body, refused)` with what was typed. A PIN is typed twice, since nobody sees it.
function asks({ name, role, fixed, pinNeeded, save }) {
  let chosen = role;
  const called = field(t("staff.name"), { key: "staff-name", value: name, maxlength: NAME_CHARS_MAX, onenter: () => pin.input.focus() });
  const pin = pinField(t(pinNeeded ? "staff.new_pin" : "staff.other_pin"), { key: "new-pin", onenter: () => again.input.focus() });
  const again = pinField(t("staff.again"), { key: "pin-again", onenter: () => go() });
  const [go] = oneAtATime(async () => {
    if (!called.value) { called.complain(t("staff.name_needed")); return; }
    if (pinNeeded && !pin.value) { pin.complain(t("staff.pin_needed")); return; }
    const [one, other] = [pin.take(), again.take()];
    if (one !== other) { pin.complain(t("staff.not_the_same")); return; }
    await save({ name: called.value, role: chosen, ...(one && { pin: one }) }, (text) => pin.complain(text));
  });
  return {
    name: called,
    save: go,
    element: el("div.staff-form", {}, called.element, !fixed && choice(t("staff.role"), ROLES.map((one) => [one, t(`staff.role_${one}`)]), role, (value) => { chosen = value; }),
      pin.element, again.element, el("p.quiet", {}, t("staff.pin_how"))),
  };
}
