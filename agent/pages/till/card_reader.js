// Cards at the till's reader: the panel that follows a payment, and what stands above the sale while it is not shown.

import { Away, Problem, newKey, read, write } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, parse, typed } from "../parts/money.js";
import { t } from "../parts/words.js";
import { cardName } from "./card_name.js";
import { field, oneAtATime, pad, primary } from "./panel.js";
import { cardPanel } from "./panels_pay.js";
import { said } from "./said.js";

const STOPPED = ["cash", "card", "tip", "park", "void"]; // what waits until it is known whether a card was charged
const ASKED = ["up", "unknown"]; // of its cloud's line: an agent that has just started has not looked yet, and asking shows it

/** What "card" opens: the reader's panel where the till has a reader that can be asked, else the terminal's. */
export function cardsPanel(till) {
  const { cloud, payment } = till.state.till?.cards ?? {};
  if (payment && !till.cards.hasEnded(payment)) return followPanel(till, payment);
  const trains = Boolean(till.state.till?.training);
  const line = till.state.status?.line?.clouds[cloud]?.state ?? "unknown";
  return cloud && (trains || ASKED.includes(line)) ? askPanel(till) : cardPanel(till);
}

/** Ask for a card: all that is due, or a part of it. */
function askPanel(till, { ended = null } = {}) {
  const amount = field(t("reader.amount"), { mode: "decimal", key: "reader-amount", onenter: () => ask(), maxlength: 14 });
  const outcome = el("p.outcome", { role: "alert" });
  const [ask] = oneAtATime(() => asked());
  const button = primary("", ask);
  let due = null;
  let suggested = "";
  const tell = () => {
    const minor = parse(amount.value);
    button.textContent = t("reader.ask", { amount: minor ? money(minor) : "" });
  };
  const asked = async () => {
    const minor = parse(amount.value);
    if (!minor) return amount.complain(t("amount.bad", { example: typed(1500) }));
    if (minor > due) return amount.complain(t("pay.card.too_much", { due: money(due) }));
    try {
      const payment = await write("POST", `/v1/sales/${till.state.sale.id}/card-payments`, { amount: minor }, newKey());
      till.state.soon("till");
      panel.follows = payment.id; // its end may be known by now
      if (!till.cards.over(payment)) till.goOn(panel, followPanel(till, payment));
    } catch (error) {
      outcome.textContent = said(error);
    }
    return undefined;
  };
  amount.input.addEventListener("input", tell);
  const panel = {
    title: t("reader.title"),
    body: el("div.two", {}, el("div", {}, ended && whyItEnded(ended), amount.element, outcome, button,
      el("button", { type: "button", "data-key": "own-terminal", onclick: () => till.show(cardPanel(till)) }, t("reader.own_terminal"))), pad(amount)),
    update: ({ sale }) => {
      if (!sale?.lines.length) return till.home();
      if (sale.due === due) return undefined;
      due = sale.due;
      if (amount.value === suggested) amount.input.value = typed(due);
      suggested = typed(due);
      tell();
      return undefined;
    },
    focus: () => amount.select(),
  };
  return panel;
}

/** Follow a payment until its end is known; cancel it, or go on without it while nobody can say. */
function followPanel(till, begun) {
  const body = el("div.reader", { "aria-live": "polite" });
  let payment = begun;
  let refusal = "";
  let drawn = "";
  const act = async (method, path) => {
    try {
      payment = await write(method, `/v1/sales/${payment.sale}/card-payments/${payment.id}${path}`, method === "POST" ? {} : undefined, newKey());
      refusal = "";
      till.state.soon("till");
      if (path === "/leave") {
        till.goOn(panel); // what becomes of it stands above the sale
        return;
      }
    } catch (error) {
      refusal = said(error);
    }
    draw();
  };
  const draw = () => {
    if (till.cards.over(payment)) return;
    const now = JSON.stringify([payment.state, payment.trouble, payment.reason, refusal]);
    if (now === drawn) return; // what is being read or pressed stays
    drawn = now;
    const ending = ["capturing", "calling_off", "giving_back"].includes(payment.state);
    replace(body, el("p.reader-amount", {}, money(payment.amount)),
      el("p.reader-state", { "data-state": payment.state }, el("span.mark", { "aria-hidden": "true" }, payment.trouble ? "?" : "…"), t(`reader.state.${payment.state}`)),
      payment.reason && el("p", {}, payment.reason),
      payment.trouble && el("div.card.card-bad", { role: "alert" }, el("h3", {}, t("reader.trouble")), el("p", {}, t("reader.trouble.next")), el("p.quiet", {}, payment.trouble)),
      refusal && el("p.outcome", { role: "alert" }, refusal),
      el("div.beside", {},
        !ending && el("button", { type: "button", "data-key": "reader-cancel", onclick: () => void act("DELETE", "") }, t("reader.cancel")),
        payment.trouble && el("button.primary", { type: "button", "data-key": "reader-leave", onclick: () => void act("POST", "/leave") }, t("reader.leave"))),
      el("p.quiet", {}, t("reader.scans")));
  };
  draw();
  const panel = {
    title: t("reader.title"),
    body,
    follows: begun.id,
    heard: (event) => {
      if (event.type !== "card" || event.payment.id !== payment.id) return;
      payment = event.payment;
      draw();
    },
    update: ({ till: now, live }) => {
      const told = now?.cards?.payment;
      if (!live || !told || told.id !== payment.id || told.state === payment.state) return;
      payment = told; // an event was missed
      draw();
    },
    focus: () => body.querySelector("button")?.focus({ preventScroll: true }),
  };
  return panel;
}

// The sale with its new tender was told before, or comes with the next reading.
async function completeWhenPaid(till, { sale: id }) {
  try {
    const sale = await read(`/v1/sales/${encodeURIComponent(id)}`);
    till.state.takeSale(sale);
    if (sale.state === "open" && sale.due === 0) await till.actions.complete(id);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Away)) throw error; // the sale's own button is still there
  }
}

function whyItEnded(payment) {
  return el("div.card.card-bad", { role: "alert", "data-ended": payment.state },
    el("h3", {}, t(`reader.ended.${payment.state}`, { amount: money(payment.amount) })),
    payment.reason && el("p", {}, payment.reason), payment.hint && el("p.next", {}, payment.hint));
}

// A payment ends once as it is taken, and once more as its money goes back: what is told of the one is not the other.
function endOf({ id, state }) {
  return ["giving_back", "given_back"].includes(state) ? `${id} back` : id;
}

/** Above the sale: a payment that is not on show, those that were left, and how those ended; and what follows an end. */
export class CardNotices {
  #till;
  #drawn = "";
  #under = null; // the payment that was under way when last looked
  #ended = ""; // the one whose end was taken up last; see `endOf`
  element = el("div.asks", { "aria-live": "polite" });

  constructor(till) {
    this.#till = till;
  }

  /** Whether a command waits for the end of a payment at the reader, which is shown instead. */
  stops(name) {
    const payment = this.#till.state.till?.cards?.payment;
    if (!payment || this.hasEnded(payment) || !STOPPED.includes(name) || !this.#till.state.sale?.card_payment) return false;
    this.#till.show(followPanel(this.#till, payment));
    return true;
  }

  /** Whether a payment has ended, though it may still stand as open in what was read of the till before. */
  hasEnded(payment) {
    return !payment.open || this.#ended === endOf(payment); // told by its event, by an answer, by a reading: whichever came first
  }

  /** Whether a payment has ended; if so, what is charged completes its sale, or it is said why not, whatever is on show. */
  over(payment) {
    if (this.#ended === endOf(payment)) return true;
    if (payment.open) return false;
    this.#ended = endOf(payment);
    const followed = this.#till.showsCardPayment(payment.id);
    const { state } = payment;
    if (followed && ["taken", "given_back"].includes(state)) this.#till.home();
    else if (followed) this.#till.show(askPanel(this.#till, { ended: payment }));
    if (state === "taken") {
      this.#till.say({ kind: "note", text: t("reader.taken", { amount: money(payment.charged), card: cardName(payment) }) });
      if (!this.#till.staff.locked) void completeWhenPaid(this.#till, payment);
    } else if (!followed) {
      this.#till.say({ kind: state === "given_back" ? "note" : "refused", text: [`${t(`reader.ended.${state}`, { amount: money(payment.amount) })}.`, payment.reason, payment.hint].filter(Boolean).join(" ") });
    }
    return true;
  }

  heard({ type, payment }) {
    if (type === "card" && !payment.left) this.over(payment);
  }

  // One that is under way no longer, and of whose end nothing was heard: the page was away then.
  async #look({ sale, id }) {
    try {
      const payment = await read(`/v1/sales/${encodeURIComponent(sale)}/card-payments/${encodeURIComponent(id)}`);
      if (!payment.left) this.over(payment);
    } catch (error) {
      if (error instanceof Away) this.#under ??= { sale, id }; // looked at again with the next reading
      else if (!(error instanceof Problem)) throw error; // what was charged stands on the sale
    }
  }

  update() {
    const { payment = null, left = [], ended = [] } = this.#till.state.till?.cards ?? {};
    if (this.#under && this.#under.id !== payment?.id && endOf(this.#under) !== this.#ended) void this.#look(this.#under);
    this.#under = payment;
    const hidden = payment && !this.#till.showsCardPayment(payment.id) ? payment : null;
    const now = JSON.stringify([hidden, left, ended]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    replace(this.element,
      hidden && this.#banner("…", t("reader.under_way", { amount: money(hidden.amount) }), hidden.trouble,
        el("button.primary", { type: "button", "data-key": "reader-show", onclick: () => this.#till.show(followPanel(this.#till, hidden)) }, t("reader.show"))),
      left.map((one) => this.#banner("?", t("reader.left", { amount: money(one.amount) }), one.trouble)),
      ended.map((one) => this.#banner("!", t(`reader.left.${one.state}`, { amount: money(one.amount) }), [one.reason, one.hint].filter(Boolean).join(" "),
        el("button", { type: "button", "data-key": `told-${one.id}`, onclick: () => this.#told(one) }, t("reader.told")))));
  }

  #banner(mark, text, more, ...buttons) {
    return el("div.banner.banner-asks", { role: "group", "aria-label": text },
      el("span.mark", { "aria-hidden": "true" }, mark),
      el("span.asks-words", {}, el("strong", {}, text), more && el("small", {}, ` ${more}`)), buttons);
  }

  #told(payment) {
    return this.#till.actions.write({ label: t("reader.told"), path: `/v1/sales/${payment.sale}/card-payments/${payment.id}/told`, body: {} });
  }
}
