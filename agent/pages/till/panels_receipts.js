// Panels about what was sold: the last receipts, what is found among all of them, and one receipt.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, parse, quantity, typed, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { cardName } from "./card_name.js";
import { field, primary } from "./panel.js";
import { printState } from "./panels_pay.js";
import { refundPanel } from "./panels_returns.js";
import { said } from "./said.js";

const RECEIPTS_SHOWN = 30; // a till's last hours; older ones are found by number

const NUMBER = /^(?=.*[a-z-])[A-Z0-9-]{3,40}$/i; // a receipt's number, and no item's

/** The last receipts of this till, with what became of each print; any other by its number, day, amount or slip. */
export function receiptsPanel(till) {
  const text = field(t("receipts.find"), { key: "number", onenter: () => find(), maxlength: 64 });
  const day = field(t("receipts.day"), { key: "day", type: "date", onenter: () => find(), maxlength: 10 });
  const amount = field(t("receipts.amount"), { key: "amount", mode: "decimal", onenter: () => find(), maxlength: 14 });
  const list = el("div.list", { "aria-live": "polite" });
  let asked = 0; // an answer to an older question is not shown
  const open = async (wanted) => {
    try {
      return till.goOn(panel, receiptPanel(till, await read(`/v1/records/${encodeURIComponent(wanted)}`)));
    } catch (error) {
      return text.complain(said(error));
    }
  };
  const row = (record) => el("button.row-button", { type: "button", "data-key": record.receipt_number, onclick: () => open(record.receipt_number) },
    el("span", {}, el("strong", {}, record.receipt_number), ` ${when(record.occurred_at)}`,
      record.kind === "refund" && el("em", {}, ` ${record.original ? t("receipts.refund_of", { number: record.original.receipt_number }) : t("receipts.refund")}`)),
    el(`span.print-short${record.print === "pending" ? ".quiet" : ""}`, {}, ["not_printed", "unknown", "pending"].includes(record.print) ? t(`print.short.${record.print}`) : ""),
    el("strong", {}, `${record.kind === "refund" ? "−" : ""}${money(record.total)}`));
  const fill = (records, none) => replace(list, records.length ? records.map(row) : el("p.quiet", {}, none));
  const told = async (reading) => {
    const mine = ++asked;
    try {
      const [records, none] = await reading;
      if (mine === asked) fill(records, none);
    } catch (error) {
      if (mine === asked) replace(list, el("p", {}, said(error)));
    }
  };
  const latest = async () => {
    const pages = await Promise.all(["sale", "refund"].map((kind) =>
      read(`/v1/records?till=${encodeURIComponent(till.state.id)}&limit=${RECEIPTS_SHOWN}&kind=${kind}`)));
    return [pages.flatMap((page) => page.records).sort((a, b) => b.seq - a.seq).slice(0, RECEIPTS_SHOWN), t("receipts.none")];
  };
  const search = async (query) => {
    const found = [];
    let before;
    do { // a stretch of the journal at a time, to its beginning or until the list is full
      const page = await read(`/v1/records?${new URLSearchParams({ ...query, limit: RECEIPTS_SHOWN, ...(before ? { before } : {}) })}`);
      found.push(...page.records);
      before = page.next;
    } while (before && found.length < RECEIPTS_SHOWN);
    return [found, t("receipts.nothing")];
  };
  const find = async () => {
    if (NUMBER.test(text.value) && !day.value && !amount.value) {
      const known = await read(`/v1/records/${encodeURIComponent(text.value)}`).catch(() => null); // else it is searched for
      if (known) return till.goOn(panel, receiptPanel(till, known));
    }
    const minor = amount.value ? parse(amount.value) : null;
    if (amount.value && minor === null) return amount.complain(t("amount.bad", { example: typed(1234) }));
    const query = { ...(text.value ? { q: text.value } : {}), ...(day.value ? { day: day.value } : {}), ...(minor === null ? {} : { amount: minor }) };
    return told(Object.keys(query).length ? search(query) : latest());
  };
  void told(latest());
  const panel = {
    title: t("receipts.title"),
    body: el("div", {}, el("div.beside", {}, text.element, primary(t("receipts.open"), find)), el("div.beside", {}, day.element, amount.element), list),
    focus: () => text.select(),
    takesScan: (scanned) => (NUMBER.test(scanned) ? (open(scanned), true) : false),
  };
  return panel;
}

/** One receipt: what was on it, how it was paid, its print, a copy, a refund. */
export function receiptPanel(till, first) {
  let record = first;
  const body = el("div");
  const draw = () => replace(body,
    el("p.quiet", {}, when(record.occurred_at), record.kind === "refund" ? ` · ${record.original ? t("receipts.refund_of", { number: record.original.receipt_number }) : t("receipts.refund")}` : "",
      record.exchange ? ` · ${t("receipt.exchange")}` : ""),
    el("ul.receipt-lines", {}, record.lines.map((line) =>
      el("li", {}, el("span", {}, `${line.quantity === "1" ? "" : `${quantity(line.quantity, line.unit)} × `}${line.name}`), el("span", {}, money(line.total))))),
    el("p.receipt-total", {}, el("span", {}, t("total.total")), el("strong", {}, money(record.total))),
    paidList(record),
    printState(till, record),
    record.kind === "sale" && el("div.beside", {},
      el("button.primary", { type: "button", "data-key": "refund", onclick: () => till.show(refundPanel(till, record)) }, t("receipt.refund")),
      el("button", { type: "button", "data-key": "gift", onclick: () => printGift(till, record.receipt_number) }, t("receipt.gift"))));
  draw();
  const again = async () => {
    record = await read(`/v1/records/${encodeURIComponent(record.receipt_number)}`); // its print, and what is still refundable
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

// What went over the counter; nothing where nothing was due.
function paidList(record) {
  const rows = paid(record);
  return rows.length > 0 && el("ul.receipt-lines", { "data-part": "paid" }, rows.map(([what, amount]) => el("li", {}, el("span", {}, what), el("span", {}, money(amount)))));
}

// Each [what it was, minor units].
function paid(record) {
  const refund = record.kind === "refund";
  const given = record.exchange?.paid_out;
  const name = ({ type }) => {
    if (refund) return `${t(`report.tender.${type}`)}, ${t("report.given_back")}`;
    return type === "exchange" ? t("back.credit") : t(`tender.${type}`);
  };
  return [
    record.rounding && [t("report.rounding"), record.rounding],
    ...record.tenders.flatMap((tender) => [
      [[name(tender), tender.card && cardName(tender.card), tender.reference].filter(Boolean).join(" · "), tender.amount],
      tender.tip && [t("tender.tip", { what: name(tender) }), tender.tip],
    ]),
    record.change && [t(record.total < 0 ? "done.back" : "done.change"), record.change],
    given && !refund && [t(`back.paid_out.${record.exchange.tender}`), given],
  ].filter(Boolean);
}

async function printGift(till, number) {
  const done = await till.actions.write({ label: t("receipt.gift"), path: `/v1/records/${encodeURIComponent(number)}/print`, body: { gift: true } });
  if (done) till.say({ kind: "note", text: t("receipt.gift.printing", { number }) });
  return done;
}

/** A receipt that was scanned: what can be taken back of it, or the receipt where that is nothing. */
export async function openReceipt(till, number, may = () => true) {
  try {
    const record = await read(`/v1/records/${encodeURIComponent(number)}`);
    if (may()) till.show(record.kind === "sale" ? refundPanel(till, record) : receiptPanel(till, record));
    else till.say({ kind: "refused", text: t("receipt.scanned", { number }) });
  } catch (error) {
    till.say({ kind: "refused", text: said(error) });
  }
}
