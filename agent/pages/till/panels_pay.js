// Panels about money: cash, card, and what to do when it is done.

import { el, replace } from "../parts/dom.js";
import { large } from "../parts/large.js";
import { cashOffers, money, parse, typed } from "../parts/money.js";
import { t } from "../parts/words.js";
import { cardName } from "./card_name.js";
import { cardIsRisk } from "./line.js";
import { field, pad, primary } from "./panel.js";

const OFFER_CHARS = 11; // of an amount that two buttons beside each other have room for: 12.345,00 €

/** Take money, and put the quick keys where it was asked for; the second tap of a hand that taps twice is none of theirs. */
export function takeMoney(till, type, amount, reference, tip) {
  till.home();
  till.quick.rest();
  return till.actions.tender(type, amount, reference, tip);
}

/** Cash: one tap on a likely amount, or what was given typed in. */
export function cashPanel(till) {
  const given = field(t("pay.given"), { mode: "decimal", key: "given", onenter: () => take(), maxlength: 14 });
  const offers = el("div.offers");
  const outcome = el("p.outcome", { "aria-live": "polite" });
  let due = null;
  let touched = false;
  let suggested = "";
  const button = primary("", () => take());
  const pay = (amount) => takeMoney(till, "cash", amount);
  const take = () => {
    const amount = parse(given.value);
    if (!amount) return given.complain(t("amount.bad", { example: typed(2000) }));
    return pay(amount);
  };
  const tell = () => {
    const amount = parse(given.value);
    button.textContent = t("pay.take", { amount: amount ? money(amount) : "" });
    if (!amount || due === null) outcome.textContent = "";
    else if (amount >= due) outcome.textContent = t("pay.change_will_be", { amount: money(amount - due) });
    else outcome.textContent = t("pay.left", { amount: money(due - amount) });
  };
  given.input.addEventListener("input", () => {
    touched = given.value !== suggested; // a scan that passed through the field leaves it as it was
    tell();
  });
  return {
    title: t("pay.cash.title"),
    body: el("div.two", {}, el("div", {}, offers, given.element, outcome, button), pad(given)),
    update: ({ sale }) => {
      if (!sale?.lines.length) return till.home();
      const now = sale.cash_due ?? sale.due; // rounded to the smallest coin the store gives
      if (now === due) return undefined;
      due = now;
      const amounts = cashOffers(due);
      offers.classList.toggle("offers-long", amounts.some((amount) => money(amount).length > OFFER_CHARS));
      replace(offers, amounts.map((amount, index) =>
        el("button.offer", { type: "button", onclick: () => pay(amount), "data-key": `offer-${index}` },
          index === 0 && el("small", {}, t("pay.exact")), money(amount))));
      suggested = typed(amounts[0]);
      if (!touched) given.input.value = suggested;
      tell();
      return undefined;
    },
    focus: () => given.select(),
  };
}

/** A card payment the terminal has already made: its amount and slip number, never a card number. */
export function cardPanel(till) {
  const amount = field(t("pay.card.amount"), { mode: "decimal", key: "amount", onenter: () => slip.select(), maxlength: 14 });
  const slip = field(t("pay.card.slip"), { key: "slip", onenter: () => take(), maxlength: 100 });
  const outcome = el("p.outcome", { "aria-live": "polite" });
  const how = el("p", {}, t("pay.card.how"));
  const risk = el("p.card.card-busy", { hidden: true }, t("pay.card.risk"));
  const button = primary("", () => take());
  let due = null;
  let touched = false;
  let suggested = "";
  const take = () => {
    const minor = parse(amount.value);
    if (!minor) return amount.complain(t("amount.bad", { example: typed(1500) }));
    if (minor > due) return amount.complain(t("pay.card.too_much", { due: money(due) }));
    return takeMoney(till, "card", minor, slip.value);
  };
  const tell = () => {
    const minor = parse(amount.value);
    button.textContent = t("pay.take", { amount: minor ? money(minor) : "" });
    outcome.textContent = minor && minor < due ? t("pay.left", { amount: money(due - minor) }) : "";
  };
  amount.input.addEventListener("input", () => {
    touched = amount.value !== suggested;
    tell();
  });
  return {
    title: t("pay.card.title"),
    body: el("div.two", {}, el("div", {}, how, risk, amount.element, slip.element, outcome, button), pad(amount)),
    update: ({ sale, status }) => {
      how.hidden = cardIsRisk(status.line);
      risk.hidden = !how.hidden;
      if (!sale?.lines.length) return till.home();
      if (sale.due === due) return undefined;
      due = sale.due;
      suggested = typed(due);
      if (!touched) amount.input.value = suggested;
      tell();
      return undefined;
    },
    focus: () => amount.select(),
  };
}

/** The sale is a fact: the change in big figures, and the truth about receipt and drawer. */
export function doneView(till) {
  const { last, drawer } = till.state;
  const refund = last.kind === "refund";
  const cash = last.tenders.filter((tender) => tender.type === "cash").reduce((sum, tender) => sum + tender.amount, 0);
  const amount = refund ? cash : last.exchange?.paid_out || last.change;
  return el("section.done", { "aria-live": "polite" },
    el("h2", {}, t(refund ? "done.refund.title" : "done.title", { number: last.receipt_number })),
    el("p.change", {},
      el("span.change-word", {}, t(refund || last.exchange?.paid_out ? "done.back" : amount ? "done.change" : "done.no_change")),
      amount ? large("change-amount", money(amount)) : ""),
    el("p.quiet", {}, [t("done.total", { amount: money(last.total) }), ...last.tenders.map((tender) => tender.card && cardName(tender.card))].filter(Boolean).join(" · ")),
    printState(till, last), drawerState(drawer),
    el("p.quiet", {}, t("done.next")));
}

/** What became of a record's receipt, and the next step where it needs one. */
export function printState(till, record) {
  const state = record.print ?? "none";
  const held = state === "pending" && record.print_reason; // the printer cannot take it now
  const mark = { printed: "✓", pending: "…", not_printed: "✕", unknown: "?" }[state] ?? "–";
  const why = record.print_reason;
  const asked = till.state.till?.unclear_print?.receipt_number === record.receipt_number; // above, once is enough
  return el(`div.print.print-${held ? "held" : state}`, { "data-print": state },
    el("p.print-word", {}, el("span.mark", { "aria-hidden": "true" }, mark), t(held ? "print.held" : `print.${state}`)),
    why && state !== "printed" && el("p.quiet", {}, why),
    !asked && ["not_printed", "unknown", "pending"].includes(state) && el("p", {}, t(`print.${state}.next`)),
    !asked && state !== "pending" && state !== "none" && el(`button${state === "printed" ? "" : ".primary"}`, {
      type: "button", "data-key": "copy", onclick: () => till.actions.printCopy(record.receipt_number),
    }, t("done.copy")));
}

function drawerState(drawer) {
  const mark = { opened: "✓", unknown: "?", not_opened: "✕" }[drawer?.state];
  if (!mark) return "";
  return el(`div.drawer.drawer-${drawer.state}`, { "data-drawer": drawer.state },
    el("p", {}, el("span.mark", { "aria-hidden": "true" }, mark), t(`drawer.${drawer.state}`)),
    drawer.state !== "opened" && drawer.reason && el("p.quiet", {}, drawer.reason),
    drawer.state === "not_opened" && el("p", {}, t("drawer.not_opened.next")));
}
