// What a customer reads from a step away: the lines, the total, the change.

import { el } from "../parts/dom.js";
import { lineName } from "../parts/lines.js";
import { money, price, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";

let before = new Map(); // the open sale's lines as they were drawn last: what is new is marked

/** Nobody is served. */
export function welcome(store) {
  before = new Map();
  return el("section.alone", {}, el("h1", {}, store), el("p", {}, t("customer.welcome")));
}

/** The agent is away; the customer need not know more. */
export function away() {
  return el("section.alone", { role: "status" }, el("p", {}, t("customer.away")));
}

/** A sale being rung. */
export function sale(sold) {
  const said = new Map(sold.lines.map((line) => [line.id, `${line.quantity} ${line.total}`]));
  const fresh = sold.lines.filter((line) => before.get(line.id) !== said.get(line.id));
  const latest = (fresh.length ? fresh : sold.lines).at(-1).id;
  before = said;
  const paid = sold.tenders.length > 0;
  return el("section.sale", {},
    el("ol.lines", { "aria-label": t("basket.title") }, sold.lines.map((line) => row(line, line.id === latest))),
    el("div.sums", {}, discounts(sold), taxesOnTop(sold), paid && sum(t("total.total"), money(sold.total + sold.rounding)),
      sold.tenders.map((tender) => sum(t(`tender.${tender.type}`), `−${money(tender.amount)}`))),
    amount(
      t(paid ? (sold.due ? "total.due" : "done.change") : "total.total"),
      paid ? (sold.due || sold.change) : sold.total));
}

/** A sale that is paid, or a refund: what it came to, and what goes back over the counter. */
export function done(record) {
  before = new Map();
  const refund = record.kind === "refund";
  const total = money(record.total + record.rounding);
  return el("section.done", {},
    el("div.sums", {}, refund ? sum(t("receipt.refund"), total) : [sum(t("total.total"), total),
      record.tenders.map((tender) => sum(t(`tender.${tender.type}`), money(tender.amount)))]),
    amount(t(refund ? "done.back" : "done.change"), refund ? record.total + record.rounding : record.change),
    el("p.thanks", {}, t("customer.thanks")));
}

function row(line, latest) {
  const many = line.unit === "kg" || line.quantity !== "1";
  return el(`li.line${latest ? ".line-latest" : ""}`, {},
    el("span.line-name", {}, lineName(line),
      el("small", {}, many ? ` ${quantity(line.quantity, line.unit)} × ${price(line.price, line.unit)}` : "",
        line.discount ? ` ${t("basket.off", { amount: money(line.discount) })}` : "")),
    el("span.line-total", {}, money(line.total)));
}

function discounts(sold) {
  return sold.discounts.filter((discount) => !discount.line && discount.amount)
    .map((discount) => sum(t("total.discount"), `−${money(discount.amount)}`));
}

function taxesOnTop(sold) {
  return sold.prices_include_tax ? [] : sold.taxes.filter((tax) => tax.amount)
    .map((tax) => sum(t("total.tax.on", { name: tax.name ?? `${tax.rate} %` }), money(tax.amount)));
}

function sum(label, text) {
  return el("p.sum", {}, el("span", {}, label), el("span", {}, text));
}

function amount(label, minor) {
  return el("p.amount", { "aria-live": "polite" }, el("span", {}, label), el("strong", {}, money(minor)));
}
