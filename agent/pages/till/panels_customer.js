// Customers: whom the sale is for. Found, added, changed, forgotten; what the receipt shows of them is name and number.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { field, oneAtATime, primary } from "./panel.js";
import { said } from "./said.js";

const SHOWN_MAX = 20; // one more letter finds the rest
const SEARCH_MS = 120;

/** Find whom the sale is for, or take them off it. */
export function customerPanel(till) {
  const find = field(t("buyer.find"), { key: "find-customer", onenter: () => first(), maxlength: 100 });
  const list = el("div.list");
  const now = el("div");
  let found = [];
  let asked = 0;
  let timer;
  const attach = (customer) => {
    till.home();
    return till.attending.giveCustomer(customer);
  };
  const first = async () => {
    clearTimeout(timer);
    await search();
    if (found.length) await attach(found[0]);
  };
  const search = async () => {
    const wanted = ++asked;
    try {
      const { customers } = await read(`/v1/customers?q=${encodeURIComponent(find.value)}&limit=${SHOWN_MAX}`);
      if (wanted !== asked) return;
      found = customers;
      replace(list, found.length ? found.map((customer) => el("div.pair", {},
        el("button.row-button", { type: "button", "data-key": `customer-${customer.id}`, onclick: () => attach(customer) },
          el("span", {}, el("strong", {}, customer.name), el("small", {}, ` ${about(customer)}`)),
          customer.exempt_reason && el("em", {}, t("buyer.exempt"))),
        el("button", { type: "button", "data-key": `edit-${customer.id}`, "aria-label": t("buyer.change", { name: customer.name }), onclick: () => till.show(oneCustomerPanel(till, customer)) }, "✎")))
        : el("p.quiet", {}, t("buyer.none")));
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
    title: t("action.customer"),
    body: el("div", {}, now,
      el("div.beside", {}, find.element, primary(t("buyer.new"), () => till.show(oneCustomerPanel(till, null, find.value)))), list),
    update: ({ sale }) => replace(now, sale?.customer && el("div.pair", {},
      el("p", {}, el("strong", {}, sale.customer.name), sale.customer.number ? ` · ${sale.customer.number}` : ""),
      el("button", { type: "button", "data-key": "detach", onclick: () => {
        till.home();
        return till.attending.giveCustomer(null);
      } }, t("buyer.detach")))),
    focus: () => find.select(),
    takesScan: (text) => { // a customer's card has their number on it; anything else is an item
      void (async () => {
        const { customers } = await read(`/v1/customers?q=${encodeURIComponent(text)}&limit=1`).catch(() => ({ customers: [] }));
        if (customers[0]?.number === text) await attach(customers[0]);
        else await till.actions.scan(text);
      })();
      return true;
    },
  };
}

/** Add a customer, or change or forget one. */
export function oneCustomerPanel(till, customer, typed = "") {
  const one = (name, maxlength, next) => field(t(`buyer.${name}`), {
    key: `customer-${name}`, value: customer?.[name] ?? "", maxlength, onenter: () => (next ? next() : save()),
  });
  const certificate = one("certificate", 40);
  const exempt = one("exempt_reason", 200, () => certificate.select());
  const number = one("number", 40, () => save());
  const email = one("email", 254, () => number.select());
  const phone = one("phone", 254, () => email.select());
  const name = one("name", 100, () => phone.select());
  if (!customer) name.input.value = typed;
  const fields = { name, phone, email, number, exempt_reason: exempt, certificate };
  const [save] = oneAtATime(async () => {
    if (!name.value) {
      name.complain(t("buyer.name.bad"));
      return;
    }
    const told = Object.fromEntries(Object.entries(fields).map(([key, input]) => [key, input.value || null]));
    const changed = Object.fromEntries(Object.entries(told).filter(([key, value]) => value !== (customer?.[key] ?? null)));
    const kept = customer
      ? Object.keys(changed).length ? await till.attending.changeCustomer(customer, changed) : customer
      : await till.attending.addCustomer(changed);
    if (!kept) return;
    till.goOn(panel);
    await till.attending.giveCustomer(kept);
  });
  const forget = async () => {
    if (await till.attending.forgetCustomer(customer)) till.goOn(panel, customerPanel(till));
  };
  let sure = false;
  const gone = customer && el("button", { type: "button", "data-key": "forget", onclick: () => {
    if (sure) return forget();
    sure = true;
    gone.textContent = t("buyer.forget.sure");
    return undefined;
  } }, t("buyer.forget"));
  const panel = {
    title: customer ? customer.name : t("buyer.new"),
    body: el("div", {}, name.element, el("div.beside", {}, phone.element, email.element), number.element,
      el("div.beside", {}, exempt.element, certificate.element), primary(t("buyer.save"), save), el("p.quiet", {}, t("buyer.how")), gone),
    focus: () => name.select(),
  };
  return panel;
}

function about(customer) {
  return [customer.number, customer.phone, customer.email].filter(Boolean).join(" · ");
}
