// What each command opens. A command is a line here and a line in keys.js, which has its key and its word.

import { read } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { cardsPanel } from "./card_reader.js";
import { helpPanel } from "./help.js";
import { KEYS } from "./keys.js";
import { codePanel } from "./panel_code.js";
import { auditPanel } from "./panel_audit.js";
import { arrangePanel } from "./panel_keys.js";
import { markPanel } from "./panel_mark.js";
import { mattersPanel } from "./panel_matters.js";
import { notePanel } from "./panel_note.js";
import { outagePanel } from "./panel_outage.js";
import { customerPanel } from "./panels_customer.js";
import { discountPanel, openItemPanel, pricePanel, quantityPanel } from "./panels_line.js";
import { emptiesPanel, exemptPanel, tipPanel } from "./panels_money.js";
import { cashPanel } from "./panels_pay.js";
import { receiptsPanel } from "./panels_receipts.js";
import { unreceiptedPanel } from "./panels_returns.js";
import { noSalePanel, parkPanel, voidPanel } from "./panels_sale.js";
import { trainingPanel } from "./training.js";
import { fetched, shiftPanel } from "./panels_shift.js";

/** Commands that have a button at hand; "more" lists all there are. */
export const AT_HAND = ["open_item", "discount", "customer", "note", "park", "receipts", "void", "more"];

const ELSEWHERE = ["help", "find", "cash", "card", "more"]; // each has a place of its own on the page

const PAYS = ["cash", "card"]; // every question about the sale is answered first; with nothing due they finish it

/** Do what a key or a button asks for, or say why not. */
export function command(till, name) {
  if (till.staff.stops(name)) return;
  if (name === "find") {
    till.home();
    till.finder.focus();
    return;
  }
  if (till.cards.stops(name)) return;
  const pays = PAYS.includes(name);
  if (pays && till.shift.ask({ then: () => till.command(name) })) return;
  const asks = pays && till.questions.panel();
  const { sale } = till.state;
  if (pays && !asks && till.rings && sale.due === 0) {
    void till.actions.complete(sale.id);
    return;
  }
  const panel = asks || PANELS[name](till, till.basket.line);
  if (typeof panel === "string") till.say({ kind: "refused", text: panel });
  else if (panel) till.show(panel);
}

/** By command: a panel to show, a text that says why there is none, or nothing. `line` is the chosen one. */
const PANELS = {
  help: () => helpPanel(),
  quantity: (till, line) => (line ? quantityPanel(till, line) : t("line.none")),
  price: (till, line) => (line ? pricePanel(till, line) : t("line.none")),
  discount: (till, line) => (till.rings ? discountPanel(till, line) : t("discount.needs_lines")),
  open_item: (till) => openItemPanel(till),
  park: (till) => parkPanel(till),
  cash: (till) => (till.rings ? cashPanel(till) : t("pay.nothing")),
  card: (till) => (till.rings ? cardsPanel(till) : t("pay.nothing")),
  receipts: (till) => receiptsPanel(till),
  no_sale: (till) => noSalePanel(till),
  void: (till) => (till.state.sale ? voidPanel(till) : t("void.nothing")),
  customer: (till) => customerPanel(till),
  note: (till, line) => (till.rings ? notePanel(till, line) : t("note.needs_lines")),
  mark: (till, line) => (line ? markPanel(till, line) : t("line.none")),
  code: (till) => codePanel(till),
  arrange: (till) => arrangePanel(till),
  shift: (till) => shiftPanel(till),
  outage: (till) => outagePanel(till),
  matters: (till) => mattersPanel(till),
  audit: (till) => auditPanel(till),
  unreceipted: (till) => (till.rings ? unreceiptedPanel(till) : t("unreceipted.needs_lines")),
  copy: (till) => copyLast(till),
  whole: (till) => void (till.printQuestion.whole() ?? till.say({ kind: "note", text: t("unclear.nothing") })),
  training: (till) => trainingPanel(till),
  empties: (till, line) => emptiesPanel(till, line),
  exempt: (till) => (till.rings ? exemptPanel(till) : t("exempt.needs_lines")),
  tip: (till) => (till.rings && till.state.sale.due ? (till.shift.ask({ then: () => till.command("tip") }) ? undefined : tipPanel(till)) : t("pay.nothing")),
  staff: (till) => till.staff.panel(),
  lock: (till) => till.staff.lock(),
  more: (till) => morePanel(till),
};

/** The latest receipt once more, or the one that nobody knows of. */
function copyLast(till) {
  if (till.printQuestion.again()) return;
  const number = till.state.last?.receipt_number;
  if (number) void till.actions.printCopy(number);
  else {
    void fetched(till, read(`/v1/records?till=${encodeURIComponent(till.state.id)}&limit=1&kind=sale`), ({ records: [newest] }) => {
      if (newest) void till.actions.printCopy(newest.receipt_number);
      else till.say({ kind: "refused", text: t("receipts.none") });
    });
  }
}

/** Every command as a large button, with its key. */
function morePanel(till) {
  const buttons = KEYS.filter(([, name]) => !ELSEWHERE.includes(name)).map(([key, name, word]) =>
    el("button.command", { type: "button", "data-key": `more-${name}`, onclick: () => till.command(name) }, el("span", {}, t(word)), el("kbd", {}, key)));
  const body = el("div.menu", {}, buttons);
  return { title: t("more.title"), body, focus: () => body.querySelector("button").focus() };
}
