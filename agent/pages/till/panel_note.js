// A note on a line or on the whole sale; whoever writes it says whether the customer reads it on the receipt.

import { el } from "../parts/dom.js";
import { shortName } from "../parts/lines.js";
import { t } from "../parts/words.js";
import { ofSale } from "./of_sale.js";
import { choice, field, primary, reasons } from "./panel.js";

export function notePanel(till, line) {
  const { sale } = till.state;
  let scope = line ? line.id : "sale";
  const of = () => (scope === "sale" ? sale.note : sale.lines.find((known) => known.id === scope)?.note);
  let printed = of()?.printed ?? false;
  const note = field(t("note.field"), { key: "note", onenter: () => save(), value: of()?.text ?? "", maxlength: 200 });
  const print = el("button.row-button", {
    type: "button", role: "checkbox", "aria-checked": String(printed), "data-key": "note-printed",
    onclick: () => {
      printed = !printed;
      tell();
    },
  });
  const tell = () => {
    print.setAttribute("aria-checked", String(printed));
    print.replaceChildren(el("span", {}, el("span.mark", { "aria-hidden": "true" }, printed ? "☑" : "☐"), t("note.printed")));
  };
  const save = () => {
    till.home();
    return till.attending.writeNote(scope === "sale" ? null : line, note.value, printed);
  };
  tell();
  return ofSale(till, {
    title: t("note.title"),
    body: el("div", {},
      line && choice(t("note.on"), [[line.id, shortName(line.name)], ["sale", t("discount.on.sale")]], scope, (chosen) => {
        scope = chosen;
        note.input.value = of()?.text ?? "";
        printed = of()?.printed ?? false;
        tell();
      }),
      note.element, reasons("note.offers", note), print, primary(t("action.ok"), save), el("p.quiet", {}, t("note.how"))),
    focus: () => note.select(),
  });
}
