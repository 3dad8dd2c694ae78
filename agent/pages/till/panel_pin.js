// Panels with a PIN pad: who is here, and leave from somebody who may. Scans go on meanwhile, or are refused aloud.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { has, t } from "../parts/words.js";
import { field, oneAtATime, pad, primary } from "./panel.js";

const PIN_CHARS_MAX = 12;

/** A field whose digits are not shown, and which no password manager keeps. */
export function pinField(label, { onenter, key = "pin" } = {}) {
  const pin = field(label, { mode: "numeric", key, maxlength: PIN_CHARS_MAX, onenter });
  pin.input.classList.add("pin");
  for (const name of ["data-1p-ignore", "data-lpignore", "data-bwignore", "data-form-type"]) pin.input.setAttribute(name, name === "data-form-type" ? "other" : "true");
  return {
    ...pin,
    get value() { return pin.value; },
    /** Take the digits out of the field: they are nowhere on the page from then on. */
    take() {
      const { value } = pin;
      pin.input.value = "";
      return value;
    },
  };
}

// A pad, and names to choose from: a PIN alone is enough, a name helps where a page has to wait.
function asking(label, allowed, send) {
  let chosen = null;
  const pin = pinField(label, { onenter: () => go() });
  const [go] = oneAtATime(async () => {
    if (pin.value) await send(pin.take(), chosen, (text) => pin.complain(text));
    else pin.complain(t("staff.pin_needed"));
  });
  const names = el("div.chips", { role: "group", "aria-label": t("staff.names") });
  const draw = (people) => replace(names, people.filter(allowed).map((one) =>
    el("button.chip", {
      type: "button", "aria-pressed": String(one.id === chosen), "data-key": `person-${one.id}`,
      onclick: () => {
        chosen = one.id === chosen ? null : one.id;
        draw(people);
        pin.input.focus();
      },
    }, one.id === chosen && el("span.mark", { "aria-hidden": "true" }, "✓ "), one.name)));
  read("/v1/staff").then(({ staff }) => draw(staff), () => {}); // without the names a PIN alone still does
  return { pin, names, go, element: el("div.two", {}, el("div", {}, pin.element, el("p.quiet", {}, t("staff.or_name")), names), pad(pin, { decimal: false })) };
}

/** Who is here: a PIN signs in, whoever was here goes; the key to lock, and the way to the staff. */
export function signInPanel(till, watch) {
  const ask = asking(t("staff.pin"), () => true, async (pin, staff, refused) => {
    const now = await watch.send("POST", "/v1/sign-in", staff ? { pin, staff } : { pin }, { refused });
    if (!now) return;
    watch.take(now);
    till.goOn(panel);
    till.say({ kind: "note", text: t("staff.hello", { name: now.staff.name }) });
  });
  const here = el("div");
  const draw = () => {
    const { staff } = watch.now ?? {};
    replace(here, staff && el("p", {}, t("staff.here", { name: staff.name, role: t(`staff.role_${staff.role}`) })),
      el("div.chips", {},
        staff && el("button.chip", { type: "button", "data-key": "lock", onclick: () => watch.lock() }, t("staff.lock"), " ", el("kbd", {}, "Alt+Q")),
        staff && watch.may("staff") && el("button.chip", { type: "button", "data-key": "people", onclick: () => watch.people(panel) }, t("staff.people"))));
  };
  const panel = {
    get title() {
      return t(watch.locked ? "staff.who" : "staff.switch");
    },
    body: el("div", {}, here, ask.element, primary(t("staff.sign_in"), ask.go)),
    update: draw,
    focus: () => ask.pin.input.focus(),
  };
  draw();
  return panel;
}

/** Leave for what was refused, by the PIN of somebody who may; `settle` hears the token, or null. */
export function leavePanel(till, watch, problem, settle) {
  const { action, role, because } = problem.body;
  let open = true;
  const end = (token) => {
    if (!open) return;
    open = false;
    settle(token);
  };
  const allowed = (one) => ({ cashier: true, supervisor: one.role !== "cashier", manager: one.role === "manager", tech: ["tech", "manager"].includes(one.role) })[role];
  const ask = asking(t("staff.pin_of", { role: t(`staff.role_${role}`) }), allowed, async (pin, staff, refused) => {
    const leave = await watch.send("POST", "/v1/overrides", staff ? { pin, action, staff } : { pin, action }, { refused });
    if (!leave || !open) return;
    end(leave.override);
    till.goOn(panel);
    till.say({ kind: "note", text: t("staff.left", { name: leave.authorized_by.name }) });
  });
  const panel = {
    title: t("staff.leave"),
    body: el("div", {}, el("p", { role: "alert" }, t(`staff.action_${action}`), " ", t("staff.needs", { role: t(`staff.role_${role}`) })),
      because && has(`staff.because_${because}`) && el("p", {}, t(`staff.because_${because}`)), ask.element,
      el("div.chips", {}, primary(t("staff.allow"), ask.go), el("button.chip", { type: "button", "data-key": "no-leave", onclick: () => till.home() }, t("staff.no_leave")))),
    focus: () => ask.pin.input.focus(),
    closed: () => end(null),
  };
  return panel;
}
