// The help panel: every key, from the table the keys themselves come from.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { KEYS } from "./keys.js";

const OTHERS = [
  ["2 x", "help.times"], ["↑ ↓", "help.lines"], ["+ −", "help.plusminus"], ["Del", "help.delete"], ["PgUp PgDn", "help.pages"],
  ["Enter", "help.enter"], ["Tab", "help.tab"], ["Esc", "help.escape"],
];

const SCROLLS = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];

/** Every key and what it does. */
export function helpPanel() {
  const row = ([key, word]) => el("div.key-row", {}, el("kbd", {}, key), el("span", {}, t(word)));
  const body = el("div.help", {
    tabindex: "0", // a page long: the keys that scroll are its own while it has the focus
    onkeydown: (event) => { if (SCROLLS.includes(event.key)) event.stopPropagation(); },
  }, el("p", {}, t("help.how")), el("div.keys", {}, KEYS.map(([key, , word]) => row([key, word])), OTHERS.map(row)));
  return {
    title: t("help.title"),
    body,
    focus: () => body.focus(),
  };
}
