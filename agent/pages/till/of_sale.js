// Panels about one sale. Lines are numbered from 1 in every sale: what was begun on one must never end on the next.

import { t } from "../parts/words.js";

/** Close `panel`, and say so, as soon as the sale that is open now is open no more. */
export function ofSale(till, panel) {
  const { id } = till.state.sale;
  const { update } = panel;
  panel.update = (state) => {
    if (state.sale?.id === id) return update?.(state);
    till.home();
    return till.say({ kind: "note", text: t("sale.over") });
  };
  return panel;
}
