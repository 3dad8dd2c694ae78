// Panels about money that is neither price nor payment: empties, a customer who pays no tax, tips.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, parse, quantity, typed } from "../parts/money.js";
import { t } from "../parts/words.js";
import { ofSale } from "./of_sale.js";
import { field, pad, primary, reasons } from "./panel.js";
import { takeMoney } from "./panels_pay.js";
import { said } from "./said.js";

const SHOWN_MAX = 50; // of what was found; those with a deposit are shown
const SEARCH_MS = 120;

/** Give deposits back: for the chosen line, which was scanned empty, or for an item by scan or by name. */
export function emptiesPanel(till, line) {
  const count = field(t("empties.count"), { value: "1", mode: "numeric", key: "empties-count", onenter: () => find.select(), maxlength: 5 });
  const find = field(t("empties.find"), { key: "empties-find", onenter: () => first(), maxlength: 100 });
  const list = el("div.list");
  const chosen = till.state.sale?.lines.some((other) => other.deposit_of === line?.id) ? line : null;
  let found = [];
  let asked = 0;
  let timer;
  const number = () => (/^[1-9]\d{0,4}$/.test(count.value) ? count.value : null);
  const give = (what, name) => {
    if (!number()) return count.complain(t("empties.count.bad"));
    const many = number();
    count.input.value = "1";
    return till.actions.giveEmpties(what, many, name);
  };
  const turn = async () => {
    till.home();
    if (await till.actions.giveEmpties({ sku: chosen.sku }, chosen.quantity, chosen.name)) await till.actions.removeLine(chosen);
  };
  const first = async () => {
    clearTimeout(timer);
    await search();
    if (found.length) await give({ sku: found[0].sku }, found[0].name);
  };
  const search = async () => {
    const wanted = ++asked;
    try {
      const { items } = await read(`/v1/items?q=${encodeURIComponent(find.value)}&limit=${SHOWN_MAX}`);
      if (wanted !== asked) return;
      found = items.filter((item) => item.deposit);
      replace(list, found.length ? found.map((item) => el("button.row-button", {
        type: "button", "data-key": `empties-${item.sku}`, onclick: () => give({ sku: item.sku }, item.name),
      }, el("span", {}, item.name), el("span", {}, money(item.deposit)))) : el("p.quiet", {}, t("empties.none")));
    } catch (error) {
      replace(list, el("p.quiet", {}, said(error)));
    }
  };
  find.input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(), SEARCH_MS);
  });
  void search();
  return {
    title: t("empties.title"),
    body: el("div.two", {},
      el("div", {}, chosen && primary(t("empties.chosen", { count: quantity(chosen.quantity), name: chosen.name }), turn),
        count.element, find.element, list, el("p.quiet", {}, t("empties.how"))), pad(count, { decimal: false })),
    focus: () => count.select(),
    takesScan: (text) => {
      void give({ barcode: text }, text);
      return true;
    },
  };
}

/** Sell to somebody who pays no tax, and keep why; or tax the sale again. */
export function exemptPanel(till) {
  const { exemption } = till.state.sale;
  const certificate = field(t("exempt.certificate"), { key: "exempt-certificate", onenter: () => save(), value: exemption?.certificate ?? "", maxlength: 60 });
  const why = field(t("exempt.reason"), { key: "exempt-reason", onenter: () => certificate.select(), value: exemption?.reason ?? "", maxlength: 200 });
  const save = () => {
    if (!why.value) return why.complain(t("exempt.needs_reason"));
    till.home();
    return till.actions.exempt(why.value, certificate.value);
  };
  return ofSale(till, {
    title: t("exempt.title"),
    body: el("div", {}, el("p", {}, t("exempt.how")), why.element, reasons("exempt.offers", why), certificate.element,
      primary(t("exempt.take"), save),
      exemption && el("button", { type: "button", "data-key": "tax-again", onclick: () => {
        till.home();
        return till.actions.taxAgain();
      } }, t("exempt.again"))),
    focus: () => why.select(),
  });
}

/** Take all that is due with a tip on top: on a card that its terminal has charged, or in cash. */
export function tipPanel(till) {
  const tip = field(t("tip.amount"), { mode: "decimal", key: "tip", onenter: () => slip.select(), maxlength: 14 });
  const slip = field(t("pay.card.slip"), { key: "tip-slip", onenter: () => take("card"), maxlength: 100 });
  const card = primary("", () => take("card"));
  const cash = el("button", { type: "button", "data-key": "tip-cash", onclick: () => take("cash") });
  let sale = till.state.sale;
  const due = (type) => (type === "cash" ? sale.cash_due ?? sale.due : sale.due);
  const take = (type) => {
    const amount = parse(tip.value);
    if (!amount) return tip.complain(t("amount.bad", { example: typed(200) }));
    return takeMoney(till, type, due(type), type === "card" ? slip.value : "", amount);
  };
  const tell = () => {
    const amount = parse(tip.value) || 0;
    card.textContent = t("tip.card", { amount: money(due("card") + amount) });
    cash.textContent = t("tip.cash", { amount: money(due("cash") + amount) });
  };
  tip.input.addEventListener("input", tell);
  return ofSale(till, {
    title: t("tip.title"),
    body: el("div.two", {}, el("div", {}, el("p", {}, t("tip.how")), tip.element, slip.element, card, cash), pad(tip, { onenter: () => slip.select() })),
    update: ({ sale: now }) => {
      if (!now.lines.length || !now.due) return till.home();
      sale = now;
      tell();
      return undefined;
    },
    focus: () => tip.select(),
  });
}
