// What panels are made of. A panel takes the right half; it never covers the sale and never eats a scan.
//
// A panel is {title, body, actions, focus(), update()?}: `update` is called whenever the state changed.

import { el } from "../parts/dom.js";
import { separator } from "../parts/money.js";
import { t } from "../parts/words.js";

/** A labelled field. `input` has the focus order, the label and the error beneath. */
export function field(label, { value = "", type = "text", mode = "text", key, placeholder, onenter, maxlength = 100, list } = {}) {
  const error = el("p.field-error", { role: "alert", hidden: true });
  const input = el("input.field-input", {
    type, inputmode: mode, list, autocomplete: "off", spellcheck: "false", "data-key": key, value, placeholder, maxlength,
    "aria-label": label,
    onkeydown: (event) => {
      if (event.key !== "Enter" || !onenter) return;
      event.preventDefault();
      onenter();
    },
    oninput: () => { error.hidden = true; },
  });
  const element = el("label.field", {}, el("span.field-label", {}, label), input, error);
  return {
    element, input,
    get value() { return input.value.trim(); },
    complain(text) {
      error.textContent = text;
      error.hidden = false;
      input.focus();
      input.select();
    },
    select() {
      input.focus();
      input.select();
    },
  };
}

/** Buttons that put a reason into `target`, so that one tap is enough. */
export function reasons(key, target) {
  return el("div.chips", {}, t(key).split("|").map((reason) =>
    el("button.chip", {
      type: "button",
      onclick: () => {
        target.input.value = reason;
        target.input.dispatchEvent(new Event("input", { bubbles: true }));
      },
    }, reason)));
}

/** A number pad that types into `target`; `decimal` adds the separator. */
export function pad(target, { decimal = true, onenter, fresh = true } = {}) {
  let first = fresh; // the suggested value is replaced by the first key, as on any till
  const press = (key) => {
    const { input } = target;
    if (key === "⌫") input.value = first ? "" : input.value.slice(0, -1);
    else input.value = (first ? "" : input.value) + key;
    first = false;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  target.input.addEventListener("keydown", () => { first = false; });
  const keys = ["7", "8", "9", "4", "5", "6", "1", "2", "3", decimal ? separator() : "00", "0", "⌫"];
  return el("div.pad", {}, keys.map((key) =>
    el("button.pad-key", {
      type: "button", tabindex: "-1", // typing is quicker by keyboard; the pad is for fingers
      "aria-label": key === "⌫" ? "⌫" : undefined,
      onpointerdown: (event) => event.preventDefault(), // the field keeps the focus
      onclick: () => press(key),
    }, key)), onenter && el("button.pad-key.pad-enter", { type: "button", tabindex: "-1", onclick: onenter }, t("action.ok")));
}

/** The panel's main button. One of `oneAtATime` says so while its answer is awaited. */
export function primary(text, onclick, extra = {}) {
  const button = el("button.primary", { type: "button", onclick, "data-key": "primary", ...extra }, text);
  buttonsOf.get(onclick)?.push(button);
  return button;
}

/**
 * What a panel asks for, one at a time: pressed again, or another of them pressed, while an answer is awaited, nothing
 * is asked. A panel that stays open for its answer needs this: a second press would have a key of its own.
 */
export function oneAtATime(...asks) {
  const buttons = [];
  let awaited = false;
  return asks.map((ask) => {
    const once = async () => {
      if (awaited) return;
      awaited = true;
      const timer = setTimeout(() => buttons.forEach(waits), WAITS_SHOWN_MS);
      try {
        await ask();
      } finally {
        awaited = false;
        clearTimeout(timer);
        buttons.forEach(waitsNoMore);
      }
    };
    buttonsOf.set(once, buttons);
    return once;
  });
}

const WAITS_SHOWN_MS = 300; // an answer takes milliseconds: words for so short a time would flicker
const buttonsOf = new WeakMap(); // of what is asked one at a time: the buttons that ask it

// The button stays in the order of Tab and keeps the focus: a key pressed now must not begin a search.
function waits(button) {
  button.setAttribute("aria-disabled", "true");
  button.append(el("small.waits", { role: "status" }, t("action.waits")));
}

function waitsNoMore(button) {
  button.removeAttribute("aria-disabled");
  button.querySelector(".waits")?.remove();
}

/** A choice of one of several, as buttons that say which is chosen. `onchange(value)`. */
export function choice(label, options, chosen, onchange) {
  const buttons = options.map(([value, text]) =>
    el("button.choice", {
      type: "button", role: "radio", "aria-checked": String(value === chosen), "data-key": `choice-${value}`,
      onclick: (event) => {
        for (const button of buttons) button.setAttribute("aria-checked", String(button === event.currentTarget));
        onchange(value);
      },
      onkeydown: (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation(); // they are not the basket's here
        const next = buttons[(buttons.indexOf(event.currentTarget) + step + buttons.length) % buttons.length];
        next.focus();
        next.click();
      },
    }, text));
  return el("div.field", {}, el("span.field-label", {}, label), el("div.choices", { role: "radiogroup", "aria-label": label }, buttons));
}

/** A page of the open panel down (1) or up (-1), for who has no wheel and no finger on it. */
export function scrollPanel(way) {
  const scroller = document.querySelector(".panel .scrolls") ?? document.querySelector(".panel-body");
  scroller?.scrollBy({ top: way * scroller.clientHeight * PAGE_SEEN });
}

const PAGE_SEEN = 0.85; // the rest stays in view, so that the eye finds on
