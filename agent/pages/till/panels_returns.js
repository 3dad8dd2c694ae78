// Panels about goods that come back: from a receipt, for money or for other goods, and without a receipt.

import { newKey, write } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice, field, oneAtATime, primary, reasons } from "./panel.js";
import { said } from "./said.js";

const TENDERS = () => [["cash", t("refund.cash")], ["card", t("refund.card")]];

/** Take goods back: lines chosen or all, for money or in exchange. What is still refundable the agent knows. */
export function refundPanel(till, record) {
  const chosen = new Map(); // line id -> quantity as text
  const back = givenBack(paidBy(record), () => sum.ask(), () => save());
  const reason = field(t("refund.reason"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const list = el("div.list");
  const sum = preview(() => (chosen.size ? body({ type: back.tender.type }) : null));
  const left = (line) => line.refundable ?? line.quantity;
  const set = (...wanted) => { // each [line, quantity as text]; drawn, and asked what it comes to, once
    for (const [line, value] of wanted) {
      if (Number(value) <= 0) chosen.delete(line.id);
      else chosen.set(line.id, value);
    }
    draw();
  };
  const draw = () => {
    replace(list, record.lines.map((line) => row(line, { now: chosen.get(line.id), all: left(line), set: (value) => set([line, value]) })));
    sum.ask();
  };
  const lines = () => {
    const all = record.lines.every((line) => chosen.get(line.id) === left(line) || Number(left(line)) <= 0);
    return { receipt_number: record.receipt_number, ...(all ? {} : { lines: [...chosen].map(([line, count]) => ({ line, quantity: count })) }) };
  };
  const why = () => (reason.value ? { reason: reason.value } : {});
  const body = (tender = back.tender) => ({ ...lines(), till: till.state.id, tender, ...why() });
  const [save, exchange] = oneAtATime(async () => {
    if (!chosen.size) till.say({ kind: "refused", text: t("refund.none") });
    else if (await till.actions.refund(body())) till.goOn(panel);
  }, async () => {
    if (!chosen.size) till.say({ kind: "refused", text: t("refund.none") });
    else if (await till.actions.ask({
      label: t("label.take_back", { number: record.receipt_number }), method: "PUT", path: "/v1/sales/{sale}/taken-back",
      body: { ...lines(), tender: back.tender.type, ...why() },
    })) till.goOn(panel);
  });
  draw();
  const panel = {
    title: t("refund.title", { number: record.receipt_number }),
    body: el("div.above-stays", {}, el("div.scrolls", {},
      el("div.beside", {}, el("p", {}, t("refund.how")),
        el("button", { type: "button", "data-key": "all", onclick: () => set(...record.lines.map((line) => [line, left(line)])) }, t("refund.all"))),
      list, sum.element, reason.element, reasons("refund.reasons", reason), back.element),
      el("div.beside.stays", {}, primary(t("receipt.refund"), save),
        primary(t("refund.exchange"), exchange, { "data-key": "exchange" }))),
    focus: () => list.querySelector("button")?.focus(),
  };
  return panel;
}

/** What is rung comes back instead of being sold, as nobody has its receipt. */
export function unreceiptedPanel(till) {
  const { sale } = till.state;
  const back = givenBack("cash", () => sum.ask(), () => save());
  const reason = field(t("refund.reason"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const sum = preview(() => ({ sale: sale.id, tender: { type: back.tender.type }, reason: reason.value || t("unreceipted.title") }));
  const [save] = oneAtATime(async () => {
    if (!reason.value) reason.complain(t("reason.needed"));
    else if (await till.actions.refund({ sale: sale.id, tender: back.tender, reason: reason.value })) till.goOn(panel);
  });
  sum.ask();
  let known = JSON.stringify(sale.lines);
  const panel = {
    title: t("unreceipted.title"),
    body: el("div.above-stays", {}, el("div.scrolls", {}, el("p", {}, t("unreceipted.how", { lines: t("basket.lines", { n: sale.lines.length }) })),
      sum.element, reason.element, reasons("unreceipted.reasons", reason), back.element),
      el("div.stays", {}, primary(t("unreceipted.do"), save))),
    update: (state) => {
      if (state.sale?.id !== sale.id || !state.sale.lines.length) return till.home();
      const lines = JSON.stringify(state.sale.lines);
      if (lines !== known) sum.ask(); // scanned while this panel is open: it comes back, too
      known = lines;
      return undefined;
    },
    focus: () => reason.select(),
  };
  return panel;
}

function row(line, { now, all, set }) {
  return el("div.refund-line", {},
    el("button.row-button", {
      type: "button", role: "checkbox", "aria-checked": String(now !== undefined), "data-key": `take-${line.id}`, disabled: Number(all) <= 0,
      onclick: () => set(now === undefined ? all : "0"),
    }, el("span", {}, el("span.mark", { "aria-hidden": "true" }, now === undefined ? "☐" : "☑"), line.name),
    el("span", {}, Number(all) > 0 ? `${quantity(now ?? "0", line.unit)} ${t("refund.of", { all: quantity(all, line.unit) })}` : t("refund.gone"))),
    line.unit !== "kg" && Number(all) > 1 && el("div.steps", {},
      el("button", { type: "button", "aria-label": t("action.less"), "data-key": `less-${line.id}`, disabled: now === undefined, onclick: () => set(String(Number(now) - 1)) }, "−"),
      el("button", { type: "button", "aria-label": t("action.more"), "data-key": `more-${line.id}`, disabled: Number(now ?? 0) >= Number(all), onclick: () => set(String(Number(now ?? 0) + 1)) }, "+")));
}

// How the money goes back: in cash, or on a card, whose terminal has printed a slip.
function givenBack(type, changed, save) {
  const slip = field(t("pay.card.slip"), { key: "slip", onenter: () => save(), maxlength: 100 });
  const tell = () => { slip.element.hidden = type !== "card"; };
  tell();
  return {
    element: el("div.fields", {}, choice(t("refund.by"), TENDERS(), type, (value) => {
      type = value;
      tell();
      slip.element.scrollIntoView({ block: "nearest" });
      changed();
    }), slip.element),
    get tender() {
      return { type, ...(type === "card" && slip.value ? { reference: slip.value } : {}) };
    },
  };
}

// What would be given back, as the agent works it out. `body()` is what is asked, or null for nothing.
function preview(body) {
  const element = el("p.outcome", { "aria-live": "polite" });
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const mine = asked;
    const wanted = body();
    if (!wanted) {
      element.textContent = "";
      return;
    }
    let text;
    try {
      const answer = await write("POST", "/v1/refunds/preview", wanted, newKey());
      text = t("refund.comes_to", { amount: money(answer.paid) });
    } catch (error) {
      text = said(error);
    }
    if (mine === asked) element.textContent = text; // an answer to an older question says nothing
  };
  return { element, ask: () => void ask() };
}

function paidBy(record) {
  return record.tenders.length && record.tenders.every((tender) => tender.type === "card") ? "card" : "cash";
}
