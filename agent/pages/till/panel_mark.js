// The lot or the serial number of a piece whose barcode did not say it: typed from the pack, or scanned from it.

import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { ofSale } from "./of_sale.js";
import { field, primary } from "./panel.js";

/** The first line that waits for its lot or serial number, or undefined. */
export function unmarked(sale) {
  return sale?.lines.find((line) => line.track && !line[line.track]);
}

/** Take a line's lot or serial number; `which` is asked for, else what the item needs. */
export function markPanel(till, line, which = line.track ?? "serial") {
  const mark = field(t(`mark.${which}`), { key: "mark", onenter: () => save(), value: line[which] ?? "", maxlength: 64 });
  const save = () => {
    if (!mark.value) return mark.complain(t("mark.needed"));
    till.home();
    return till.attending.setMark(line, which, mark.value);
  };
  return ofSale(till, {
    title: t("mark.title", { name: line.name }),
    body: el("div", {}, el("p", {}, t("mark.how")), mark.element, primary(t("action.ok"), save)),
    focus: () => mark.select(),
    takesScan: (text) => {
      mark.input.value = text;
      void save();
      return true;
    },
    update: ({ sale }) => (sale.lines.some((known) => known.id === line.id) ? undefined : till.home()),
  });
}
