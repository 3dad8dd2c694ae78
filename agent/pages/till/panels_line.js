// Panels about one line or the whole sale: quantity, price, discount, open item.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { shortName } from "../parts/lines.js";
import { money, parse, parseQuantity, price, quantity, separator, typed } from "../parts/money.js";
import { t } from "../parts/words.js";
import { namedDiscounts } from "./named_discounts.js";
import { ofSale } from "./of_sale.js";
import { choice, field, pad, primary, reasons } from "./panel.js";
import { said } from "./said.js";

const MADE_HERE = "here-"; // how the agent begins the number of an item that a till made

/** Set how many, or how much. */
export function quantityPanel(till, line) {
  const kg = line.unit === "kg";
  const input = field(t(kg ? "quantity.field.kg" : "quantity.field"), {
    value: line.quantity.replace(".", separator()), mode: "decimal", key: "quantity", onenter: () => save(), maxlength: 10,
  });
  const save = async () => {
    const value = parseQuantity(input.value);
    if (value === null || (!kg && value.includes("."))) {
      input.complain(t("quantity.bad", { example: kg ? `0${separator()}350` : "2" }));
      return;
    }
    till.home();
    await till.actions.setQuantity(line, value);
  };
  return ofSale(till, {
    title: t("quantity.title", { name: line.name }),
    body: el("div.two", {}, el("div", {}, input.element, primary(t("action.ok"), save)), pad(input, { decimal: kg })),
    focus: () => input.select(),
  });
}

/** Add an item that is sold by weight, as it was `asked` for: {sku} or {barcode}. */
export function weightPanel(till, item, asked) {
  const input = field(t("quantity.field.kg"), { mode: "decimal", key: "quantity", onenter: () => save(), maxlength: 10 });
  const save = async () => {
    const weight = parseQuantity(input.value);
    if (weight === null) return input.complain(t("quantity.bad", { example: `0${separator()}350` }));
    till.home();
    return till.actions.addWeighed(asked, weight, item.name);
  };
  const weigh = () => {
    till.home();
    return till.actions.addWeighed(asked, undefined, item.name); // the agent weighs: no weight passes through here
  };
  return {
    title: t("weight.title", { name: item.name, price: price(item.price, item.unit) }),
    body: el("div.two", {},
      el("div", {},
        till.state.till?.scale && el("button.row-button", { type: "button", "data-key": "weigh", onclick: weigh }, t("weight.weigh")),
        input.element, primary(t("open_item.add"), save)),
      pad(input, { fresh: false })),
    focus: () => input.select(),
  };
}

/** Ask for the weight of what was to be rung, {barcode} or {sku}; never over something that was opened meanwhile. */
export async function askWeight(till, asked) {
  try {
    const [noun, code] = asked.sku === undefined ? ["barcodes", asked.barcode] : ["items", asked.sku];
    const item = await read(`/v1/${noun}/${encodeURIComponent(code)}`);
    if (till.isFree()) till.show(weightPanel(till, item, asked));
    else till.say({ kind: "refused", text: `${item.name}: ${t("scan.again")}` });
  } catch (error) {
    till.say({ kind: "refused", text: said(error) });
  }
}

/** Override the price of one line; the reason stays with the sale. */
export function pricePanel(till, line) {
  const asked = field(t("price.field"), { value: typed(line.price), mode: "decimal", key: "price", onenter: () => reason.select(), maxlength: 14 });
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const save = async () => {
    const minor = parse(asked.value);
    if (minor === null) return asked.complain(t("amount.bad", { example: typed(1250) }));
    if (!reason.value) return reason.complain(t("reason.needed"));
    till.home();
    return till.actions.setPrice(line, minor, reason.value);
  };
  return ofSale(till, {
    title: t("price.title", { name: line.name }),
    body: el("div.two", {},
      el("div", {}, asked.element, reason.element, reasons("price.reasons", reason), primary(t("action.ok"), save), unmaking(till, line)),
      pad(asked)),
    focus: () => asked.select(),
  });
}

// An item that was made at a till can be taken out of the catalogue again; what is rung of it stays rung.
function unmaking(till, line) {
  if (!line.sku?.startsWith(MADE_HERE)) return null;
  let sure = false;
  const button = el("button.row-button", { type: "button", "data-key": "unmake", onclick: async () => {
    if (!sure) {
      sure = true;
      button.textContent = t("made.sure", { name: line.name });
    } else if (await till.attending.unmakeItem(line)) {
      void till.quick.load();
      till.home();
      till.say({ kind: "note", text: t("made.gone", { name: line.name }) });
    }
  } }, t("made.remove"));
  return button;
}

/** Take per cent or an amount off one line or the whole sale. */
export function discountPanel(till, line) {
  let scope = line ? line.id : "sale";
  let by = "percent";
  const value = field(t("discount.percent"), { mode: "decimal", key: "discount", onenter: () => save(), maxlength: 14 });
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const given = el("div");
  const give = (body) => {
    till.home();
    return till.actions.discount({ ...body, line: scope === "sale" ? undefined : scope });
  };
  const save = async () => {
    const body = { reason: reason.value || undefined };
    if (by === "percent") {
      const percent = parseQuantity(value.value);
      if (percent === null || Number(percent) > 100) return value.complain(t("discount.percent.bad"));
      body.percent = percent;
    } else {
      const amount = parse(value.value);
      if (!amount) return value.complain(t("amount.bad", { example: typed(250) }));
      body.amount = amount;
    }
    return give(body);
  };
  const named = namedDiscounts(({ name, percent, amount }) => give({ reason: name, ...(percent ? { percent } : { amount }) }));
  const setBy = (chosen) => {
    by = chosen;
    value.element.querySelector(".field-label").textContent = t(`discount.${chosen}`);
    value.input.setAttribute("aria-label", t(`discount.${chosen}`));
    value.select();
  };
  const fillPercent = (percent) => {
    value.input.value = percent;
    void save();
  };
  const presets = el("div.chips", {}, ["5", "10", "20", "50"].map((percent) =>
    el("button.chip", { type: "button", onclick: () => {
      by = "percent";
      fillPercent(percent);
    } }, `${percent} %`)));
  return ofSale(till, {
    title: t("discount.title"),
    body: el("div.two", {},
      el("div", {},
        line && choice(t("discount.on"), [["sale", t("discount.on.sale")], [line.id, t("discount.on.line", { name: shortName(line.name) })]], scope,
          (chosen) => { scope = chosen; }),
        el("div.beside", {}, choice(t("discount.title"), [["percent", "%"], ["amount", t("discount.amount")]], by, setBy), value.element),
        presets, reason.element, reasons("discount.reasons", reason), primary(t("action.ok"), save)),
      el("div", {}, pad(value, { fresh: false }), named, given)),
    update: ({ sale }) => replace(given, sale.discounts.length
      ? el("div.given", {}, el("h3", {}, t("discount.given")), sale.discounts.map((discount) => {
        const of = sale.lines.find((known) => known.id === discount.line);
        const on = of ? shortName(of.name) : t("discount.on.sale");
        const what = `${discount.percent ? `${quantity(discount.percent)} %` : money(discount.amount)} · ${on}`;
        return el("button.row-button", { type: "button", onclick: () => till.actions.removeDiscount(discount), "data-key": `discount-${discount.id}` },
          t("discount.take_back", { what }));
      }))
      : ""),
    focus: () => value.select(),
  });
}

/** Sell something the catalogue does not have. */
export function openItemPanel(till) {
  const taxes = till.state.store.taxes ?? till.state.status.taxes ?? [];
  let tax = null;
  const name = field(t("open_item.name"), { key: "name", onenter: () => asked.select(), maxlength: 200 });
  const asked = field(t("open_item.price"), { mode: "decimal", key: "price", onenter: () => save(), maxlength: 14 });
  const save = async () => {
    const minor = parse(asked.value);
    if (!name.value) return name.complain(t("open_item.name.bad"));
    if (minor === null) return asked.complain(t("amount.bad", { example: typed(250) }));
    till.home();
    return till.actions.addOpenItem({ name: name.value, price: minor, tax });
  };
  return {
    title: t("open_item.title"),
    body: el("div.two", {},
      el("div", {}, name.element, asked.element,
        taxes.length > 1 && choice(t("open_item.tax"), [["", t("open_item.tax.default")], ...taxes.map((known) => [known.code, known.name])], "",
          (chosen) => { tax = chosen || null; }),
        primary(t("open_item.add"), save)),
      pad(asked, { fresh: false })),
    focus: () => name.select(),
  };
}
