// Everything a cashier can do, as writes to the agent. Each answers true when it took effect.

import { Away, Problem } from "../parts/api.js";
import { money } from "../parts/money.js";
import { t } from "../parts/words.js";

export class Actions {
  #times = null; // quantity for the next item, as typed before it
  #now = []; // the lines as the latest event told them, and as the one before did
  #before = [];

  /**
   * `outgoing` sends; `state` is told the answers; `say({kind, text})` shows a refusal's next step;
   * `weigh({barcode} or {sku})` asks for the weight of what was to be rung; `expired(problem)` for why what is past
   * its day is sold; `unknown(barcode)` for what to do about a code that no item has.
   */
  constructor({ outgoing, state, say, weigh, expired, unknown, receipt }) {
    this.outgoing = outgoing;
    this.state = state;
    this.say = say;
    this.weigh = weigh;
    this.expired = expired;
    this.unknown = unknown;
    this.receipt = receipt;
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

  /** As if scanned at this till; opens a sale if none is open. */
  async scan(text) {
    const times = this.#takeTimes();
    return this.#ask({
      label: t("label.scan", { text }), asked: { barcode: text },
      ...(times
        ? { path: "/v1/sales/{sale}/lines", body: { barcode: text, quantity: times } }
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

  addItem(item) {
    const quantity = this.#takeTimes();
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
    const quantity = this.#takeTimes();
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
    return this.#ask({ label: t("label.discount"), path: `/v1/sales/${this.state.sale.id}/discounts`, body });
  }

  removeDiscount(discount) {
    return this.#ask({
      label: t("label.discount"), method: "DELETE",
      path: `/v1/sales/${this.state.sale.id}/discounts/${encodeURIComponent(discount.id)}`,
    });
  }

  /** Give the deposit of an item back, {sku} or {barcode}, so many times. */
  giveEmpties(what, count, name) {
    return this.#ask({ label: t("label.empties", { name }), path: "/v1/sales/{sale}/lines", body: { ...what, quantity: count, empties: true } });
  }

  exempt(reason, certificate) {
    return this.#ask({
      label: t("label.exempt"), path: `/v1/sales/${this.state.sale.id}/exemption`,
      body: { reason, ...(certificate ? { certificate } : {}) },
    });
  }

  taxAgain() {
    return this.#ask({ label: t("exempt.again"), method: "DELETE", path: `/v1/sales/${this.state.sale.id}/exemption` });
  }

  /** Take money; once nothing is due the sale is completed, before anything else that waits. */
  tender(type, amount, reference, tip = 0) {
    return this.#ask({
      label: t("label.tender", { type: t(`tender.${type}`), amount: money(amount) }),
      path: `/v1/sales/${this.state.sale.id}/tenders`,
      body: { type, amount, ...(reference ? { reference } : {}), ...(tip ? { tip } : {}) },
      then: "completeWhenPaid",
    });
  }

  removeTender(tender) {
    if (tender.card) return this.#giveBack(tender);
    return this.#ask({
      label: t("tender.take_back", { what: t(`tender.${tender.type}`) }), method: "DELETE",
      path: `/v1/sales/${this.state.sale.id}/tenders/${encodeURIComponent(tender.id)}`,
    });
  }

  // A card that was charged through the reader has its money back from there.
  #giveBack({ card, type }) {
    return this.#ask({
      label: t("tender.take_back", { what: t(`tender.${type}`) }), method: "DELETE",
      path: `/v1/sales/${this.state.sale.id}/card-payments/${encodeURIComponent(card.attempt)}`,
    });
  }

  async complete(saleId) {
    const record = await this.#answer({
      label: t("label.complete"), path: `/v1/sales/${saleId}/complete`, then: "completed", first: true,
    });
    return record !== null;
  }

  park(label) {
    return this.#ask({
      label: t("label.park"), path: `/v1/sales/${this.state.sale.id}/park`, body: label ? { label } : {},
    });
  }

  resume(sale) {
    return this.#ask({ label: t("label.resume"), path: `/v1/sales/${sale.id}/resume` });
  }

  voidSale(reason) {
    return this.#ask({
      label: t("label.void"), path: `/v1/sales/${this.state.sale.id}/void`, body: reason ? { reason } : {},
    });
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
        this.state.endSale();
        this.state.takeRecord(record);
      },
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

  #line(method, line, body, label) {
    return this.#ask({ label, method, body, path: this.#pathOf(line) });
  }

  #pathOf(line) {
    return `/v1/sales/${this.state.sale.id}/lines/${encodeURIComponent(line.id)}`;
  }

  /** Any other write, for panels of their own nouns; answers what the agent answered, or null. */
  write(entry) {
    return this.#answer(entry);
  }

  async #ask(entry) {
    return (await this.#answer(entry)) !== null;
  }

  async #answer(entry) {
    try {
      const answer = await this.outgoing.push(entry);
      this.say(null);
      if (answer.lines && !answer.kind) this.state.takeSale(answer);
      else this.state.soon("till");
      return answer;
    } catch (error) {
      if (error instanceof Problem) {
        if (error.code === "expired") this.expired(error.body);
        else if (error.code === "receipt-scanned") this.receipt(error.body);
        else this.#refused(error.code, error.message, entry.asked);
        this.state.soon("till");
      } else if (!(error instanceof Away)) throw error;
      return null;
    }
  }

  #takeTimes() {
    const times = this.#times;
    this.#times = null;
    return times;
  }

  // The real scanner's codes go straight to the agent, one each; what it could not ring is told here, and
  // "2 x" asked for on this page is made up for once the line is there.
  #heard(event) {
    if (event.type === "scan" && event.problem?.code === "expired") this.expired(event.problem);
    else if (event.type === "scan" && event.problem?.code === "receipt-scanned") this.receipt(event.problem);
    else if (event.type === "scan" && event.problem) this.#refused(event.problem.code, event.problem.detail, { barcode: event.text });
    if (event.type === "sale") [this.#before, this.#now] = [this.#now, event.sale.lines ?? []];
    if (event.type !== "scan" || !event.item || !this.#times) return;
    const had = (line) => Number(this.#before.find((known) => known.id === line.id)?.quantity ?? 0);
    const line = this.#now.find(({ sku, unit }) => sku === event.item.sku && unit === "each");
    if (!line || Number(line.quantity) !== had(line) + 1) return; // weighed, or a label that says how many
    void this.setQuantity(line, String(had(line) + Number(this.#takeTimes())));
  }

  #refused(code, text, asked) {
    if (code === "weight-needed" || code === "not-weighed") this.weigh(asked);
    if (code === "no-such-barcode" && asked?.barcode) this.unknown(asked.barcode);
    if (code === "sign-in-needed" && asked?.barcode) text = t("staff.scan_refused", { text: asked.barcode });
    if (code !== "weight-needed") this.say({ kind: "refused", text: code === "scan-refused" && asked?.barcode ? `${asked.barcode}: ${text}` : text });
  }
}
