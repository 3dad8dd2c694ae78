// What a customer reads from a step away: the lines, the total, the change.

import { el } from "../parts/dom.js";
import { lineName } from "../parts/lines.js";
import { money, price, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";

let before = new Map(); // the open sale's lines as they were drawn last: what is new is marked

/** Above everything, as long as the till trains: whoever reads the screen is not served. */
export function training() {
  return el("p.training", { role: "status" }, el("strong", {}, t("training.word")), ` ${t("training.what")}`);
}

/** Nobody is served. */
export function welcome(store) {
  before = new Map();
  return el("section.alone", {}, el("h1", {}, store), el("p", {}, t("customer.welcome")));
}

/** The agent is away; the customer need not know more. */
export function away() {
  return el("section.alone", { role: "status" }, el("p", {}, t("customer.away")));
}

/** The address asks for a till that there is none of: said to whoever puts the screen up. */
export function misled(text) {
  return el("section.alone", { role: "alert" }, el("p", {}, text));
}

/** A sale being rung. */
export function sale(sold) {
  const said = new Map(sold.lines.map((line) => [line.id, `${line.quantity} ${line.total}`]));
  const goods = sold.lines.filter((line) => !line.deposit_of); // its item leads
  const fresh = goods.filter((line) => before.get(line.id) !== said.get(line.id));
  const latest = (fresh.length ? fresh : goods).at(-1)?.id;
  before = said;
  const taken = sold.taken_back;
  return el("section.sale", {},
    el("ol.lines", { "aria-label": t("basket.title"), tabindex: "0" }, taken?.lines.map(back), sold.lines.map((line) => row(line, line.id === latest))),
    el("div.sums", {}, discounts(sold), taxesOnTop(sold), sold.tax_relief ? sum(t("total.relief"), money(-sold.tax_relief)) : "",
      (sold.tenders.length > 0 || taken) && sum(t("total.total"), money(sold.total + sold.rounding)),
      taken && sum(t("back.credit"), `−${money(taken.credit)}`),
      sold.tenders.map((tender) => sum(t(`tender.${tender.type}`), `−${money(tender.amount)}`))),
    amount(...asked(sold)));
}

// What the customer looks for: the total, then what is left to pay, then what comes back over the counter.
function asked(sold) {
  if (sold.taken_back?.paid_out) return [t(`customer.gets.${sold.taken_back.tender}`), sold.taken_back.paid_out];
  if (sold.total < 0) return [t("customer.gets"), sold.change];
  if (!sold.tenders.length && !sold.taken_back) return [t("total.total"), sold.total];
  return sold.due ? [t("total.due"), sold.due] : [t("done.change"), sold.change];
}

/** A sale that is paid, or a refund: what it came to, and what goes back over the counter. */
export function done(record) {
  before = new Map();
  const refund = record.kind === "refund";
  const total = money(record.total + record.rounding);
  const out = record.exchange?.paid_out || (record.total < 0 ? record.change : 0);
  return el("section.done", {},
    el("div.sums", {}, refund ? sum(t("receipt.refund"), total) : [sum(t("total.total"), total),
      record.tenders.map((tender) => sum(t(tender.type === "exchange" ? "back.credit" : `tender.${tender.type}`), money(tender.amount)))]),
    amount(t(refund || out ? "customer.gets" : "done.change"), refund ? record.total + record.rounding : out || record.change),
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

// Goods that come back in exchange.
function back(line) {
  const many = line.unit === "kg" || line.quantity !== "1";
  return el("li.line", {},
    el("span.line-name", {}, line.name, el("small", {}, ` ${t("customer.back")}${many ? ` ${quantity(line.quantity, line.unit)}` : ""}`)),
    el("span.line-total", {}, `−${money(line.total)}`));
}

function discounts(sold) {
  return sold.discounts.filter((discount) => !discount.line && discount.amount)
    .map((discount) => sum(t("total.discount"), `−${money(discount.amount)}`));
}

function taxesOnTop(sold) {
  return sold.taxes.filter((tax) => tax.amount && !tax.included)
    .map((tax) => sum(t("total.tax.on", { name: tax.name ?? `${tax.rate} %` }), money(tax.amount)));
}

function sum(label, text) {
  return el("p.sum", {}, el("span", {}, label), el("span", {}, text));
}

function amount(label, minor) {
  return el("p.amount", { "aria-live": "polite" }, el("span", {}, label), el("strong", {}, money(minor)));
}
