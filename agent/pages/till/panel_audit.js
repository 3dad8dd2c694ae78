// Who did what, when, why and at which page: the trail that only grows, the newest first.

import { Away, Problem, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { when } from "../parts/money.js";
import { has, t } from "../parts/words.js";

const SHOWN = 50; // a busy till's hour
const SUBJECT_CHARS_MAX = 20; // a receipt's number, a cloud, a device; what is longer is an id that nobody reads

/** The newest entries, and older ones by touch. */
export function auditPanel(till) {
  const list = el("ul.trail", { "aria-label": t("audit.title") });
  const more = el("div");
  const fill = async (before) => {
    try {
      const { entries, next } = await read(`/v1/audit?limit=${SHOWN}${before ? `&before=${before}` : ""}`);
      list.append(...entries.map((entry) => row(entry, till.staff.now?.page)));
      replace(more, next && el("button.row-button", { type: "button", "data-key": "older", onclick: () => void fill(next) }, el("span", {}, t("report.older"))),
        !list.childElementCount && el("p.quiet", {}, t("audit.none")));
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      replace(more, el("p", { role: "alert" }, refusal(error)));
    }
  };
  void fill();
  const body = el("div.read", { tabindex: "0", "aria-label": t("audit.title"), role: "group" }, el("p.quiet", {}, t("audit.how")), list, more);
  return { title: t("audit.title"), body, focus: () => body.focus({ preventScroll: true }) };
}

function refusal(error) {
  if (error instanceof Away) return t("away.title");
  return error.body.role ? `${t("staff.action_audit")} ${t("staff.needs", { role: t(`staff.role_${error.body.role}`) })}` : error.message;
}

function row(entry, here) {
  const { actor, authorized_by: leave, subject, why, till } = entry;
  const role = actor.role && has(`staff.role_${actor.role}`) ? ` (${t(`staff.role_${actor.role}`)})` : "";
  return el("li", { "data-action": entry.action },
    el("p", {}, el("strong", {}, done(entry.action)), subject && subject.length <= SUBJECT_CHARS_MAX && ` ${has(`staff.action_${subject}`) ? done(subject) : subject}`),
    el("p", {}, `${actor.name || t("audit.nobody")}${role}`, leave && `, ${t("staff.left", { name: leave.name })}`),
    why && entry.action !== "sign_out" && el("p", {}, `${t("reason.field")}: ${why}`),
    el("p.quiet", {}, [when(entry.at), till, place(entry, here)].filter(Boolean).join(" · ")));
}

// At which page: by its name, as nobody reads a pairing's id.
function place({ page, page_name: name }, here) {
  if (page === here) return t("audit.here");
  return name ?? (has(`audit.at_${page}`) ? t(`audit.at_${page}`) : page);
}

function done(action) {
  if (has(`audit.did_${action}`)) return t(`audit.did_${action}`);
  return has(`staff.action_${action}`) ? t(`staff.action_${action}`) : action;
}
