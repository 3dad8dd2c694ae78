// Is the customer old enough? One question, with the date to compare with. A date of birth typed here goes nowhere.

import { el } from "../parts/dom.js";
import { bornBy, day } from "../parts/money.js";
import { t } from "../parts/words.js";
import { ofSale } from "./of_sale.js";
import { field, primary } from "./panel.js";

/** The first line that nobody asked the customer's age for, or undefined. */
export function unasked(sale) {
  return sale?.lines.find((line) => line.min_age && !line.age_check);
}

/** Ask for the highest age that a line of the sale needs. */
export function agePanel(till) {
  const lines = till.state.sale.lines.filter((line) => line.min_age && !line.age_check);
  const age = Math.max(...lines.map((line) => line.min_age));
  const latest = bornBy(age);
  const born = field(t("age.born"), { key: "born", type: "date", onenter: () => compare() });
  const note = (how) => {
    till.home();
    return till.attending.checkAge(age, how);
  };
  const compare = () => {
    if (!born.value) return born.complain(t("age.born.bad"));
    if (born.value > latest) return born.complain(t("age.too_young", { age }));
    return note("document");
  };
  const refuse = async () => {
    till.home();
    for (const line of lines) await till.actions.removeLine(line);
  };
  return ofSale(till, {
    title: t("age.title", { age }),
    body: el("div", {},
      el("p", {}, t("age.for", { names: lines.map((line) => line.name).join(", ") })),
      el("p.ask", {}, t("age.question", { date: day(latest) })),
      el("div.answers", {},
        primary(t("age.seen"), () => note("seen"), { "data-key": "age-seen" }),
        el("button", { type: "button", "data-key": "age-document", onclick: () => note("document") }, t("age.document")),
        el("button", { type: "button", "data-key": "age-no", onclick: refuse }, t("age.no"))),
      el("div.beside", {}, born.element, el("button", { type: "button", "data-key": "age-compare", onclick: compare }, t("age.compare"))),
      el("p.quiet", {}, t("age.kept"))),
    update: ({ sale }) => (unasked(sale) ? undefined : till.home()),
    focus: () => born.input.focus(),
  });
}
