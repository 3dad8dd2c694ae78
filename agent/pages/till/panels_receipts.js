// Panels about what was sold: the last receipts, one receipt, and a refund from it.

import { Away, Problem, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, quantity, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice, field, primary, reasons } from "./panel.js";
import { printState } from "./panels_pay.js";

const RECEIPTS_SHOWN = 30; // a till's last hours; older ones are found by number

/** The last receipts of this till, with what became of each print; any other by its number. */
export function receiptsPanel(till) {
  const number = field(t("receipts.find"), { key: "number", onenter: () => open(number.value), maxlength: 64 });
  const list = el("div.list");
  const open = async (wanted) => {
    if (!wanted) return number.complain(t("receipts.find"));
    try {
      return till.show(receiptPanel(till, await read(`/v1/records/${encodeURIComponent(wanted)}`)));
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      return number.complain(error instanceof Away ? t("away.title") : error.message);
    }
  };
  const fill = async () => {
    const pages = await Promise.all(["sale", "refund"].map((kind) =>
      read(`/v1/records?till=${encodeURIComponent(till.state.id)}&limit=${RECEIPTS_SHOWN}&kind=${kind}`)));
    const records = pages.flatMap((page) => page.records).sort((a, b) => b.seq - a.seq).slice(0, RECEIPTS_SHOWN);
    replace(list, records.length
      ? records.map((record) => el("button.row-button", { type: "button", "data-key": record.receipt_number, onclick: () => open(record.receipt_number) },
        el("span", {}, el("strong", {}, record.receipt_number), ` ${when(record.occurred_at)}`,
          record.kind === "refund" && el("em", {}, ` ${t("receipts.refund_of", { number: record.original?.receipt_number })}`)),
        el("span.print-short", {}, ["not_printed", "unknown", "pending"].includes(record.print) ? t(`print.short.${record.print}`) : ""),
        el("strong", {}, `${record.kind === "refund" ? "−" : ""}${money(record.total)}`)))
      : el("p.quiet", {}, t("receipts.none")));
  };
  fill().catch((error) => replace(list, el("p", {}, error instanceof Problem ? error.message : t("away.title"))));
  return {
    title: t("receipts.title"),
    body: el("div", {}, el("div.beside", {}, number.element, primary(t("receipts.open"), () => open(number.value))), list),
    focus: () => number.select(),
    takesScan: (text) => (/^[A-Z0-9-]{3,21}$/i.test(text) && /[a-z-]/i.test(text) ? (open(text), true) : false),
  };
}

/** One receipt: what was on it, its print, a copy, a refund. */
export function receiptPanel(till, first) {
  let record = first;
  const body = el("div");
  const draw = () => replace(body,
    el("p.quiet", {}, when(record.occurred_at), record.original ? ` · ${t("receipts.refund_of", { number: record.original.receipt_number })}` : ""),
    el("ul.receipt-lines", {}, record.lines.map((line) =>
      el("li", {}, el("span", {}, `${line.quantity === "1" ? "" : `${quantity(line.quantity, line.unit)} × `}${line.name}`), el("span", {}, money(line.total))))),
    el("p.receipt-total", {}, el("span", {}, t("total.total")), el("strong", {}, money(record.total))),
    printState(till, record),
    record.kind === "sale" && el("button.primary", { type: "button", "data-key": "refund", onclick: () => till.show(refundPanel(till, record)) }, t("receipt.refund")));
  draw();
  const again = async () => {
    record = await read(`/v1/records/${encodeURIComponent(record.receipt_number)}`);
    draw();
  };
  return {
    title: t("receipt.title", { number: record.receipt_number }),
    body,
    heard: (event) => {
      if (event.type === "print") again().catch(() => undefined); // the next event, or opening it again, shows it
    },
    focus: () => body.querySelector("button")?.focus(),
  };
}

/** Take goods back: lines chosen or all, cash or card, with a reason. What is still refundable the agent knows. */
export function refundPanel(till, record) {
  const chosen = new Map(); // line id -> quantity as text
  let type = record.tenders.every((tender) => tender.type === "card") ? "card" : "cash";
  const reason = field(t("refund.reason"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const list = el("div.list");
  const left = (line) => line.refundable ?? line.quantity;
  const set = (line, value) => {
    if (Number(value) <= 0) chosen.delete(line.id);
    else chosen.set(line.id, value);
    draw();
  };
  const draw = () => replace(list, record.lines.map((line) => {
    const whole = line.unit !== "kg";
    const now = chosen.get(line.id);
    return el("div.refund-line", {},
      el("button.row-button", {
        type: "button", role: "checkbox", "aria-checked": String(now !== undefined), "data-key": `take-${line.id}`, disabled: Number(left(line)) <= 0,
        onclick: () => set(line, now === undefined ? left(line) : "0"),
      }, el("span", {}, el("span.mark", { "aria-hidden": "true" }, now === undefined ? "☐" : "☑"), line.name),
      el("span", {}, `${quantity(now ?? "0", line.unit)} ${t("refund.of", { all: quantity(left(line), line.unit) })}`)),
      whole && Number(left(line)) > 1 && el("div.steps", {},
        el("button", { type: "button", "aria-label": t("action.less"), "data-key": `less-${line.id}`, disabled: now === undefined, onclick: () => set(line, String(Number(now) - 1)) }, "−"),
        el("button", { type: "button", "aria-label": t("action.more"), "data-key": `more-${line.id}`, disabled: Number(now ?? 0) >= Number(left(line)), onclick: () => set(line, String(Number(now ?? 0) + 1)) }, "+")));
  }));
  const save = async () => {
    if (!chosen.size) return till.say({ kind: "refused", text: t("refund.none") });
    const all = record.lines.every((line) => chosen.get(line.id) === left(line) || Number(left(line)) <= 0);
    const lines = [...chosen].map(([line, count]) => ({ line, quantity: count }));
    const done = await till.actions.refund({
      receipt_number: record.receipt_number, till: till.state.id, tender: { type }, ...(all ? {} : { lines }), ...(reason.value ? { reason: reason.value } : {}),
    });
    if (done) till.home();
    return done;
  };
  draw();
  return {
    title: t("refund.title", { number: record.receipt_number }),
    body: el("div", {},
      el("div.beside", {}, el("p", {}, t("refund.how")),
        el("button", { type: "button", "data-key": "all", onclick: () => record.lines.forEach((line) => set(line, left(line))) }, t("refund.all"))),
      list, reason.element, reasons("refund.reasons", reason),
      el("div.beside", {}, choice(t("receipt.refund"), [["cash", t("refund.cash")], ["card", t("refund.card")]], type, (value) => { type = value; }),
        primary(t("receipt.refund"), save))),
    focus: () => list.querySelector("button")?.focus(),
  };
}
