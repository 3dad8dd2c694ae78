// Panels about a whole sale and the drawer: park, bring back, void, open the drawer with a reason.

import { el, replace } from "../parts/dom.js";
import { clock, money } from "../parts/money.js";
import { t } from "../parts/words.js";
import { ofSale } from "./of_sale.js";
import { field, primary, reasons } from "./panel.js";

const FIND_FROM = 4; // parked sales; fewer are seen at a glance

/** Put the open sale aside, or bring a parked one back. */
export function parkPanel(till) {
  const label = field(t("park.label"), { key: "label", onenter: () => park(), maxlength: 60 });
  const park = () => {
    till.home();
    return till.actions.park(label.value);
  };
  const list = el("div.list");
  const asking = el("div.fields", {}, label.element, primary(t("park.do"), park), el("h3", {}, t("parked.title")));
  const find = field(t("parked.find"), { key: "find-parked", maxlength: 60, onenter: () => list.querySelector("button:not(:disabled)")?.click() });
  find.input.addEventListener("input", () => draw());
  const draw = () => {
    const { sale, parked } = till.state;
    const open = Boolean(sale?.lines.length);
    const shown = parked.filter((other) => (other.label ?? "").toLowerCase().includes(find.value.toLowerCase()));
    asking.hidden = !open;
    find.element.hidden = parked.length < FIND_FROM;
    replace(list, parked.length
      ? [open && el("p.quiet", {}, t("parked.first")), shown.map((other) =>
        el("button.row-button", {
          type: "button", disabled: open, "data-key": `parked-${other.id}`,
          onclick: () => {
            till.home();
            return till.actions.resume(other);
          },
        }, el("span", {}, el("strong", {}, other.label || t("parked.no_label")), el("small", {}, ` ${told(other)}`)),
        el("strong", {}, money(other.total)), el("span", {}, t("parked.resume"))))]
      : el("p.quiet", {}, t("parked.none")));
  };
  return {
    get title() {
      return t(asking.hidden ? "parked.title" : "park.title");
    },
    body: el("div", {}, asking, find.element, list),
    update: draw,
    focus: () => (asking.hidden ? list.querySelector("button") ?? till.entry : label.input).focus(),
  };
}

// By whom and when it was parked, and what is on it.
function told(sale) {
  const { by, at } = sale.parked ?? {};
  return [by?.name, at && clock(at), t("basket.lines", { n: sale.lines.length }), sale.customer?.name].filter(Boolean).join(" · ");
}

/** Give up the open sale. */
export function voidPanel(till) {
  const { sale } = till.state;
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const save = () => {
    till.home();
    return till.actions.voidSale(reason.value);
  };
  return ofSale(till, {
    title: t("void.title"),
    body: sale.tenders.length
      ? el("p", {}, t("void.tenders"))
      : el("div", {}, el("p", {}, t("void.how", { lines: t("basket.lines", { n: sale.lines.length }) })),
        reason.element, reasons("void.reasons", reason), primary(t("void.do"), save)),
    focus: () => (sale.tenders.length ? till.entry.focus() : reason.select()),
  });
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
