// Newer versions: what runs here, what lies ready, what is waited for, and how the newest update went.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** What `GET /v1/update` says, with keys that have the agent look, switch and go back: `does(what)`. */
export function versions(seen, does) {
  const update = seen.update;
  if (update === null) return [];
  const { staged, last } = update;
  return [
    el("p", {}, t("update.running", { version: update.running })),
    update.why_not !== null && el("p.quiet", {}, update.why_not),
    staged !== null && el("div.card.card-busy", { "data-update": "staged" },
      el("h3", {}, t("update.staged", { version: staged.version })),
      staged.notes && el("p", {}, staged.notes),
      el("p.next", {}, t("update.staged.next"))),
    last !== null && (last.did === "refused" || last.did === "interrupted") && el("div.card.card-bad", { "data-update": "last" },
      last.version && el("h3", {}, t(`update.${last.did}`, { version: last.version })),
      el("p", {}, last.why), last.hint && el("p.next", {}, last.hint)),
    update.trouble !== null && el("div.card", { "data-update": "trouble" },
      el("p", {}, update.trouble.detail), el("p.next", {}, update.trouble.hint)),
    update.why_not === null && el("div.device-keys", {},
      update.source !== null && key("look", update.working, does),
      staged !== null && key("apply", update.working || update.wanted !== null, does, staged.version),
      update.back_to !== null && key("back", update.working || update.wanted !== null, does, update.back_to)),
    el("p", { role: "status", "data-update": "said" }, said(update) || seen.said.update || ""),
  ];
}

function key(what, disabled, does, version = "") {
  return el("button", { type: "button", "data-key": `update-${what}`, disabled, onclick: () => does(what) }, t(`update.${what}`, { version }));
}

function said(update) {
  if (update.working) return t("update.working");
  if (update.wanted !== null) return t("update.wanted", { why: update.busy ?? "" });
  return "";
}
