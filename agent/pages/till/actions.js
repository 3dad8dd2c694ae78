// Everything a cashier can do, as writes to the agent. Each answers true when it took effect.

import { Away, Problem } from "../parts/api.js";
import { money } from "../parts/money.js";
import { t } from "../parts/words.js";
import { aboutScan } from "./messages.js";

export class Actions {
  #times = null; // quantity for the next item, as typed before it
  #now = []; // the lines as the latest event told them, and as the one before did
  #before = [];

  /**
   * `outgoing` sends; `state` is told the answers; `say(message)` is `Messages`'; `refusals` tell of what was refused,
   * and open what goes on from there.
   */
  constructor({ outgoing, state, say, refusals }) {
    this.outgoing = outgoing;
    this.state = state;
    this.say = say;
    this.refusals = refusals;
    state.addEventListener("heard", ({ detail }) => this.#heard(detail));
  }

  get times() {
    return this.#times;
  }

  setTimes(quantity) {
    this.#times = quantity;
    this.#now = this.state.sale?.lines ?? [];
    this.state.changed();
  }

  /** As if scanned at this till; opens a sale if none is open. `typed`: by a person, so it may be an item's number as well. */
  async scan(text, typed = false) {
    const times = this.takeTimes();
    return this.#ask({
      label: t("label.scan", { text }), asked: { barcode: text, ...(typed ? { typed, times } : {}) },
      ...(times
        ? { path: "/v1/sales/{sale}/lines", body: { barcode: text, quantity: times, pieces: !isWeight(times) } }
        : { path: `/v1/tills/${this.state.id}/scan`, body: { data: text } }),
    });
  }

  /** What was refused because it is past its day, for a reason. */
  scanExpired(data, reason) {
    return this.#ask({
      label: t("label.scan", { text: data }), path: `/v1/tills/${this.state.id}/scan`,
      body: { data, expired_reason: reason },
    });
  }

  addItem(item, quantity) {
    return this.#ask({
      label: t("label.line", { name: item.name }), path: "/v1/sales/{sale}/lines",
      body: { sku: item.sku, ...(quantity ? { quantity } : {}) },
    });
  }

  /** Add what was asked for before its weight was known: {sku} or {barcode}. */
  addWeighed(asked, quantity, name) {
    return this.#ask({ label: t("label.line", { name }), path: "/v1/sales/{sale}/lines", asked, body: { ...asked, quantity } });
  }

  addOpenItem({ name, price, tax }) {
    const quantity = this.takeTimes();
    return this.#ask({
      label: t("label.line", { name }), path: "/v1/sales/{sale}/lines",
      body: { name, price, ...(tax ? { tax } : {}), ...(quantity ? { quantity } : {}) },
    });
  }

  /** How much of a line there will be once what waits was done: one more counts from there. */
  awaited(line) {
    const path = this.#pathOf(line);
    return this.outgoing.waiting.filter((entry) => entry.path === path && entry.body?.quantity).at(-1)?.body.quantity ?? line.quantity;
  }

  setQuantity(line, quantity) {
    return this.#line("PATCH", line, { quantity }, t("label.quantity", { count: quantity, name: line.name }));
  }

  setPrice(line, price, reason) {
    return this.#line("PATCH", line, { price, price_reason: reason }, t("label.price", { name: line.name }));
  }

  removeLine(line) {
    return this.#line("DELETE", line, undefined, t("label.remove", { name: line.name }));
  }

  discount(body) {
    return this.ofSale("/discounts", { label: t("label.discount"), body });
  }

  removeDiscount(discount) {
    return this.ofSale(`/discounts/${encodeURIComponent(discount.id)}`, { label: t("label.discount"), method: "DELETE" });
  }

  /** Give the deposit of an item back, {sku} or {barcode}, so many times. */
  giveEmpties(what, count, name) {
    return this.#ask({ label: t("label.empties", { name }), path: "/v1/sales/{sale}/lines", body: { ...what, quantity: count, empties: true } });
  }

  exempt(reason, certificate) {
    return this.ofSale("/exemption", { label: t("label.exempt"), body: { reason, ...(certificate ? { certificate } : {}) } });
  }

  taxAgain() {
    return this.ofSale("/exemption", { label: t("exempt.again"), method: "DELETE" });
  }

  /** Take money; once nothing is due the sale is completed, before anything else that waits. */
  tender(type, amount, reference, tip = 0) {
    return this.ofSale("/tenders", {
      label: t("label.tender", { type: t(`tender.${type}`), amount: money(amount) }),
      body: { type, amount, ...(reference ? { reference } : {}), ...(tip ? { tip } : {}) },
      then: "completeWhenPaid",
    });
  }

  /** Give a tender back; a card that was charged through the reader has its money back from there. */
  removeTender({ id, card, type }) {
    return this.ofSale(card ? `/card-payments/${encodeURIComponent(card.attempt)}` : `/tenders/${encodeURIComponent(id)}`, {
      label: t("tender.take_back", { what: t(`tender.${type}`) }), method: "DELETE",
    });
  }

  async complete(saleId) {
    const record = await this.#answer({
      label: t("label.complete"), path: `/v1/sales/${saleId}/complete`, then: "completed", first: true,
    });
    return record !== null;
  }

  park(label) {
    return this.ofSale("/park", { label: t("label.park"), body: label ? { label } : {}, then: "taken" });
  }

  resume(sale) {
    return this.#ask({ label: t("label.resume"), path: `/v1/sales/${sale.id}/resume`, then: "taken" });
  }

  voidSale(reason) {
    return this.ofSale("/void", { label: t("label.void"), body: reason ? { reason } : {}, then: "closed" });
  }

  noSale(reason) {
    return this.#ask({ label: t("label.no_sale"), path: `/v1/tills/${this.state.id}/drawer`, body: { reason } });
  }

  async refund(body) {
    const record = await this.#answer({
      label: body.receipt_number ? t("label.refund", { number: body.receipt_number }) : t("unreceipted.title"), path: "/v1/refunds", body, then: "completed",
    });
    return record !== null;
  }

  holdOffline(cloud, reason) {
    return this.#ask({ label: t("outage.hold"), path: "/v1/line/offline", body: { ...(cloud ? { cloud } : {}), reason } });
  }

  putOnline(cloud) {
    return this.#ask({ label: t("outage.release"), path: "/v1/line/online", body: cloud ? { cloud } : {} });
  }

  async printOutage() {
    const done = await this.#ask({ label: t("outage.print"), path: "/v1/outage/print", body: { till: this.state.id } });
    if (done) this.say({ kind: "note", text: t("outage.printing") });
    return done;
  }

  async printCopy(number) {
    const done = await this.#ask({
      label: t("label.copy", { number }), path: `/v1/records/${encodeURIComponent(number)}/print`,
    });
    if (done) this.say({ kind: "note", text: t("receipt.copying", { number }) });
    return done;
  }

  /** What follows an answer, by name: it must also follow when the page was loaded anew in between. */
  followUps() {
    return {
      completeWhenPaid: (sale) => {
        if (sale.state === "open" && sale.due === 0) void this.complete(sale.id);
      },
      completed: (record) => {
        this.state.endSale(record.id);
        this.state.takeRecord(record);
      },
      // What was asked for behind these goes to the sale that is open then.
      taken: (sale) => {
        this.state.takeSale(sale);
        this.state.soon("till"); // an answer that was asked for again is of then
      },
      closed: ({ id }) => this.state.endSale(id),
    };
  }

  /** Ask for one write; true when it took effect. For actions that stand in a file of their own. */
  ask(entry) {
    return this.#ask(entry);
  }

  /** Ask for one write; its answer, or null. */
  answer(entry) {
    return this.#answer(entry);
  }

  /** Ask for one write of the open sale, at `path` beneath it; where it was closed meanwhile, that is said. */
  ofSale(path, entry) {
    const { sale } = this.state;
    if (sale) return this.#ask({ ...entry, path: `/v1/sales/${sale.id}${path}` });
    this.say({ kind: "refused", text: t("sale.over") });
    return false;
  }

  /** Ask for one write of a line, of the sale that it is of: the agent refuses it once that one is closed. */
  ofLine(line, entry) {
    return this.#ask({ ...entry, path: this.#pathOf(line) });
  }

  #line(method, line, body, label) {
    return this.ofLine(line, { label, method, body });
  }

  #pathOf(line) {
    return `/v1/sales/${this.state.saleOf(line)}/lines/${encodeURIComponent(line.id)}`;
  }

  /** Any other write, for panels of their own nouns; answers what the agent answered, or null. */
  write(entry) {
    return this.#answer(entry);
  }

  async #ask(entry) {
    return (await this.#answer(entry)) !== null;
  }

  async #answer(entry) {
    const since = this.state.version;
    try {
      const answer = await this.outgoing.push(entry);
      this.say({ kind: "settled", about: about(entry) });
      if (answer.lines && !answer.kind) this.state.takeAnswer(answer, since);
      else this.state.soon("till");
      return answer;
    } catch (error) {
      if (error instanceof Problem) {
        this.refusals.tell({ ...error.body, detail: error.message }, entry.asked, about(entry));
        this.state.soon("till");
      } else if (!(error instanceof Away)) throw error;
      return null;
    }
  }

  /** The quantity that was typed for the next item, once; null where none was. */
  takeTimes() {
    const times = this.#times;
    this.#times = null;
    return times;
  }

  // The real scanner's codes go straight to the agent, one each; what it could not ring is told here, and
  // "2 x" asked for on this page is made up for once the line is there.
  #heard(event) {
    if (event.type === "scan" && event.problem) this.refusals.heard(event);
    if (event.type === "sale") [this.#before, this.#now] = [this.#now, this.state.sale?.lines ?? []];
    if (event.type !== "scan" || !event.item || !this.#times) return;
    const had = (line) => Number(this.#before.find((known) => known.id === line.id)?.quantity ?? 0);
    const line = this.#now.find((one) => one.sku === event.item.sku && one.unit === "each" && Number(one.quantity) === had(one) + 1);
    if (!line) return; // weighed, or a label that says how many
    void this.setQuantity(line, String(had(line) + Number(this.takeTimes())));
  }
}

/** Whether what was typed before an item is its weight rather than how many there are: 0.350, but not 2. */
export function isWeight(times) {
  return Boolean(times?.includes("."));
}

// What a refusal is about: a code that was to be rung, or a kind of request, whatever its ids.
function about({ method = "POST", path, asked }) {
  return asked?.barcode ? aboutScan(asked.barcode) : [method, ...path.split("/").filter((part) => /^[a-z-]+$/.test(part))].join(" ");
}
