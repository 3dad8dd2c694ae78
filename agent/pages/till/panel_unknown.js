// A barcode that no item has: sell what it is on once, or let the catalogue know it from now on.

import { Away, Problem, read } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { parse, typed } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice, field, oneAtATime, primary } from "./panel.js";

export function unknownPanel(till, barcode) {
  const taxes = till.state.store.taxes ?? [];
  const before = lines(till.state.sale);
  let tax = null;
  const name = field(t("open_item.name"), { key: "name", onenter: () => price.select(), maxlength: 200 });
  const price = field(t("open_item.price"), { mode: "decimal", key: "price", onenter: () => once(), maxlength: 14 });
  const category = field(t("unknown.category"), { key: "category", onenter: () => keep(), maxlength: 100, list: "unknown-categories" });
  const known = el("datalist", { id: "unknown-categories" });
  const how = el("span");
  const checked = () => {
    const minor = parse(price.value);
    if (!name.value) return name.complain(t("open_item.name.bad"));
    if (minor === null) return price.complain(t("amount.bad", { example: typed(250) }));
    return { name: name.value, price: minor, tax };
  };
  const [once, keep] = oneAtATime(async () => {
    const item = checked();
    if (!item) return;
    till.home();
    await till.actions.addOpenItem(item);
  }, async () => {
    const item = checked();
    if (!item) return;
    const made = await till.attending.makeItem({
      barcode, name: item.name, price: item.price, ...(tax ? { tax } : {}), ...(category.value ? { category: category.value } : {}),
    });
    if (!made) return;
    till.goOn(panel);
    void till.quick.load();
    await till.chosen(made);
  });
  read("/v1/categories").then(({ categories }) => known.append(...categories.map((one) => el("option", { value: one }))))
    .catch((error) => { if (!(error instanceof Problem || error instanceof Away)) throw error; }); // a list to choose from, no more
  const keeping = el("button", { type: "button", "data-key": "keep", onclick: keep }, t("unknown.keep"));
  const panel = {
    title: t("unknown.title"),
    body: el("div", {},
      el("p", {}, el("strong", {}, barcode), " ", how), name.element,
      el("div.beside", {}, price.element, category.element), known,
      el("div.answers.answers-two", {}, primary(t("unknown.once"), once), keeping),
      taxes.length > 1 && choice(t("open_item.tax"), [["", t("open_item.tax.default")], ...taxes.map((one) => [one.code, one.name])], "",
        (chosen) => { tax = chosen || null; })),
    update: ({ sale, till: { training } }) => {
      keeping.hidden = category.element.hidden = Boolean(training);
      how.textContent = t(training ? "unknown.how_training" : "unknown.how");
      // the next item was rung meanwhile: whoever typed nothing has moved on
      if (lines(sale) !== before && !name.value && !price.value) till.home();
    },
    yields: () => !name.value && !price.value,
    focus: () => name.select(),
  };
  return panel;
}

function lines(sale) {
  return (sale?.lines ?? []).map((line) => `${line.id}=${line.quantity}`).join();
}
