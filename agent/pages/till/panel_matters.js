// What stands before a person: records that a cloud refused, and those it has otherwise. Nothing else waits for them.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { field, oneAtATime, primary, reasons } from "./panel.js";
import { openReceipt } from "./panels_receipts.js";
import { said } from "./said.js";

const SHOWN = 20; // at once; more are a touch away
const SHOWN_MAX = 500; // of one answer; who has more has a bigger trouble than this list
const READ_AGAIN_MS = 400; // several events of one act make one reading

/** The list, oldest first; it reads itself again as long as it is shown. */
export function mattersPanel(till) {
  const list = el("div.list");
  const more = el("div");
  const body = el("div", {}, el("p.quiet", {}, t("matters.how")), list, more);
  let shown = SHOWN;
  let timer;
  const fill = async () => {
    const held = body.contains(document.activeElement);
    try {
      const { matters, next } = await read(`/v1/outbox/matters?limit=${shown}`);
      replace(list, matters.length
        ? matters.map((matter) => card(till, matter))
        : el("p.card.card-good", {}, el("span.mark", { "aria-hidden": "true" }, "✓"), t("matters.none")));
      replace(more, next && shown < SHOWN_MAX && el("button.row-button", { type: "button", "data-key": "matters-more", onclick: () => {
        shown = Math.min(SHOWN_MAX, shown * 2);
        void fill();
      } }, el("span", {}, t("keys.more"))));
    } catch (error) {
      replace(list, el("p", { role: "alert" }, said(error)));
    }
    if (held && body.isConnected && !body.contains(document.activeElement)) (body.querySelector("button") ?? till.entry).focus({ preventScroll: true });
  };
  void fill().then(() => body.isConnected && body.querySelector("button")?.focus({ preventScroll: true }));
  return {
    title: t("matters.title"),
    body,
    heard: ({ type }) => {
      if (type !== "delivery") return;
      clearTimeout(timer);
      timer = setTimeout(() => body.isConnected && fill(), READ_AGAIN_MS);
    },
  };
}

/** The way to the list, where there is anything on it. */
export function mattersButton(till, count) {
  return count > 0 && el("button", { type: "button", "data-key": "to-matters", onclick: () => till.show(mattersPanel(till)) }, t("matters.open", { count }));
}

function card(till, matter) {
  const refused = matter.matter === "parked";
  const again = () => till.actions.write({ label: t("matters.again"), path: `/v1/outbox/${matter.id}/retry` });
  return el(`div.card.card-${refused ? "bad" : "busy"}`, { "data-matter": matter.matter },
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, refused ? "✕" : "≠"), `${name(matter)} · ${matter.cloud}`),
    el("p", {}, refused ? t("matters.refused", { why: matter.last_error ?? "" }) : t("matters.differs")),
    matter.drift ? el("p", {}, t("matters.drift", { amount: money(matter.drift) })) : "",
    matter.notes.map((note) => el("p", {}, note)),
    matter.hint && el("p.next", {}, matter.hint),
    el("p.quiet", {}, when(matter.occurred_at)),
    el("div.beside.beside-wraps", {},
      refused && el("button.primary", { type: "button", "data-key": `again-${matter.id}`, onclick: again }, t("matters.again")),
      matter.receipt_number && el("button", { type: "button", "data-key": `receipt-${matter.id}`, onclick: () => void openReceipt(till, matter.receipt_number) }, t("receipts.open")),
      el("button", { type: "button", "data-key": `settle-${matter.id}`, onclick: () => till.show(settlePanel(till, matter)) }, t("matters.settle"))));
}

/** Tick one off, for a reason. */
function settlePanel(till, matter) {
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const [save] = oneAtATime(async () => {
    if (!reason.value) reason.complain(t("reason.needed"));
    else if (await till.actions.ask({ label: t("matters.settle"), path: `/v1/outbox/${matter.id}/settle`, body: { reason: reason.value } })) till.goOn(panel, mattersPanel(till));
  });
  const refused = matter.matter === "parked";
  const panel = {
    title: t("matters.settle.title", { name: name(matter) }),
    body: el("div", {}, el("p", {}, t(refused ? "matters.settle.refused" : "matters.settle.differs", { cloud: matter.cloud })),
      reason.element, reasons(refused ? "matters.reasons.refused" : "matters.reasons.differs", reason), primary(t("matters.settle"), save)),
    focus: () => reason.select(),
  };
  return panel;
}

function name(matter) {
  return [t(`record.kind.${matter.kind}`), matter.receipt_number].filter(Boolean).join(" ");
}
