// What a field tech would look at, as the agent itself has looked: each check with its next step, the worst first.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";

const LOOKS = { failed: ["✕", "card-bad"], warning: ["!", "card-busy"], "not known": ["?", ""], ok: ["✓", ""] };
const ORDER = Object.keys(LOOKS);

/** The key that has the agent look, and what it found. `seen.checks` is null before, `seen.checking` while it looks. */
export function checks(seen, look) {
  const found = seen.checks ?? [];
  return [
    el("div.device-keys", {},
      el("button", { type: "button", "data-key": "doctor", disabled: seen.checking, onclick: look }, t("checks.look"))),
    el("p", { role: "status" }, seen.checking ? t("checks.looking") : seen.checksSaid || summary(seen.checks)),
    ORDER.map((state) => found.filter((one) => one.state === state).map(card)),
  ];
}

function summary(found) {
  if (found === null) return t("checks.about");
  return ORDER.map((state) => t(`checks.count.${state.replace(" ", "_")}`, { count: found.filter((one) => one.state === state).length })).join(" · ");
}

function card(one) {
  const [mark, look] = LOOKS[one.state];
  return el(`div.card${look && `.${look}`}`, { "data-check": one.check, "data-state": one.state },
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, mark), `${t(`checks.state.${one.state.replace(" ", "_")}`)}: ${one.check}`),
    el("p", {}, one.said),
    one.next !== null && el("p.next", {}, one.next));
}
