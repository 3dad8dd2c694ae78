// What the agent refused, told to whoever stands here: in words, and with the panel that goes on from there, but never
// over something that somebody is at. What is counted, typed or asked there stays; the words say what to do.

import { Away, Problem, read } from "../parts/api.js";
import { refusedTone } from "../parts/tone.js";
import { t } from "../parts/words.js";
import { holdsCardData, scanHoldsCardData } from "./card_guard.js";
import { aboutScan } from "./messages.js";
import { expiredPanel } from "./panel_expired.js";
import { unknownPanel } from "./panel_unknown.js";
import { askWeight } from "./panels_line.js";
import { openReceipt } from "./panels_receipts.js";

/** What each refusal opens, from the till, its problem document and what was asked for ({barcode} or {sku}). */
const OPENS = {
  "expired": (till, problem) => till.show(expiredPanel(till, problem)),
  "receipt-scanned": (till, problem) => void openReceipt(till, problem.receipt_number, () => till.isFree()),
  "weight-needed": (till, _, asked) => asked && void askWeight(till, asked),
  "not-weighed": (till, _, asked) => asked && void askWeight(till, asked),
  "sold-by-weight": (till, _, asked) => asked && void askWeight(till, asked),
  // As the agent read it: a scanner's own letters before it are nothing to file an item under.
  "no-such-barcode": (till, { barcode }, asked) => asked?.barcode && till.show(unknownPanel(till, barcode ?? asked.barcode)),
};
const WEIGHED = ["weight-needed", "not-weighed", "sold-by-weight"];
const NO_BARCODE = ["no-such-barcode", "scan-refused"]; // typed, it may be a shop's own number: those have no check digit
const SHOWN = ["expired", "receipt-scanned", "weight-needed"]; // what is opened says it all

export class Refusals {
  #till;

  constructor(till) {
    this.#till = till;
  }

  /** Whether a text, or a code that was scanned, is card data: said, but for the text, and to be taken nowhere. */
  isCard(text, scanned = true) {
    if (!(scanned ? scanHoldsCardData : holdsCardData)(text)) return false;
    if (scanned) refusedTone();
    this.#till.say({ kind: "refused", text: t("scan.card") });
    return true;
  }

  /** Tell of a scan that the till's own scanner read and that was not rung, unless the open panel asked for it. */
  heard({ problem, text }) {
    if (text && (this.isCard(text) || this.#till.takes(text))) return;
    this.tell(problem, { barcode: text }, aboutScan(text));
  }

  /** Tell of a problem document. `asked`: what was to be rung; `about`: what settles it, see `Messages`. */
  tell(problem, asked, about) {
    if (asked?.typed && NO_BARCODE.includes(problem.code)) void this.#byNumber(problem, asked, about);
    else this.#tell(problem, asked, about);
  }

  /** Tell of what was asked for on a page that is gone, and was refused now. */
  ofThen({ entry: { label, asked }, error }) {
    if (asked?.typed && NO_BARCODE.includes(error.code)) this.tell({ ...error.body, detail: error.message }, asked, aboutScan(asked.barcode));
    else this.#till.say({ kind: "refused", text: `${label}: ${error.message}` });
  }

  // What was typed and is nobody's barcode is the item that has it for its number, or else what it was.
  async #byNumber(problem, { barcode, times }, about) {
    const till = this.#till;
    let item;
    try {
      item = await read(`/v1/items/${encodeURIComponent(barcode)}`);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      this.#tell(problem, { barcode }, about);
      return;
    }
    if (item.unit !== "kg" || till.isFree()) await till.chosen(item, times);
    else till.say({ kind: "refused", text: `${item.name}: ${t("scan.again")}` });
  }

  #tell(problem, asked, about) {
    const till = this.#till;
    const code = asked?.barcode ?? "";
    if (this.isCard(code)) return;
    if (asked && "barcode" in asked) refusedTone();
    const opens = till.isFree() ? OPENS[problem.code] : undefined;
    opens?.(till, problem, asked);
    if (!opens || !SHOWN.includes(problem.code)) till.say({ kind: "refused", text: opens ? words(problem, code) : unopened(problem, code), about });
  }
}

// Where somebody is at something else, it is scanned again once that is done.
function unopened(problem, scanned) {
  const { code, receipt_number: number } = problem;
  if (code === "receipt-scanned") return t("receipt.scanned", { number });
  if (code === "expired") return t("expired.scanned", { text: scanned });
  return [words(problem, scanned), WEIGHED.includes(code) && t("scan.again")].filter(Boolean).join(" ");
}

function words({ code, detail, reason, name }, scanned) {
  if (code === "sold-by-weight") return t("weight.no_times", { name });
  if (code === "sign-in-needed" && scanned) return t("staff.scan_refused", { text: scanned });
  return code === "scan-refused" && scanned && reason !== "card" ? `${scanned}: ${detail}` : detail;
}
