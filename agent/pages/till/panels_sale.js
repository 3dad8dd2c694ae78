// Panels about a whole sale and the drawer: park, bring back, void, open the drawer with a reason.

import { el, replace } from "../parts/dom.js";
import { money } from "../parts/money.js";
import { t } from "../parts/words.js";
import { field, primary, reasons } from "./panel.js";

/** Put the open sale aside, or bring a parked one back. */
export function parkPanel(till) {
  const label = field(t("park.label"), { key: "label", onenter: () => park(), maxlength: 80 });
  const park = () => {
    till.home();
    return till.actions.park(label.value);
  };
  const list = el("div.list");
  const asking = el("div", {}, label.element, primary(t("park.do"), park), el("h3", {}, t("parked.title")));
  return {
    get title() {
      return t(asking.hidden ? "parked.title" : "park.title");
    },
    body: el("div", {}, asking, list),
    update: ({ sale, parked }) => {
      const open = Boolean(sale?.lines.length);
      asking.hidden = !open;
      replace(list, parked.length
        ? [open && el("p.quiet", {}, t("parked.first")), parked.map((other) =>
          el("button.row-button", {
            type: "button", disabled: open, "data-key": `parked-${other.id}`,
            onclick: () => {
              till.home();
              return till.actions.resume(other);
            },
          }, el("span", {}, t("parked.row", {
            label: other.label || t("parked.no_label"), lines: t("basket.lines", { n: other.lines.length }), total: money(other.total),
          })), el("strong", {}, t("parked.resume"))))]
        : el("p.quiet", {}, t("parked.none")));
    },
    focus: () => (asking.hidden ? list.querySelector("button") ?? till.entry : label.input).focus(),
  };
}

/** Give up the open sale. */
export function voidPanel(till) {
  const { sale } = till.state;
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const save = () => {
    till.home();
    return till.actions.voidSale(reason.value);
  };
  return {
    title: t("void.title"),
    body: sale.tenders.length
      ? el("p", {}, t("void.tenders"))
      : el("div", {}, el("p", {}, t("void.how", { lines: t("basket.lines", { n: sale.lines.length }) })),
        reason.element, reasons("void.reasons", reason), primary(t("void.do"), save)),
    update: (state) => (state.sale ? undefined : till.home()),
    focus: () => (sale.tenders.length ? till.entry.focus() : reason.select()),
  };
}

/** Open the drawer with no sale. */
export function noSalePanel(till) {
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const save = () => {
    if (!reason.value) return reason.complain(t("reason.needed"));
    till.home();
    return till.actions.noSale(reason.value);
  };
  return {
    title: t("no_sale.title"),
    body: el("div", {}, el("p", {}, t("no_sale.how")), reason.element, reasons("no_sale.reasons", reason), primary(t("no_sale.do"), save)),
    focus: () => reason.select(),
  };
}
