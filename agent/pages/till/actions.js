// Everything a cashier can do, as writes to the agent. Each answers true when it took effect.

import { Problem } from "../parts/api.js";
import { money } from "../parts/money.js";
import { t } from "../parts/words.js";

export class Actions {
  #times = null; // quantity for the next item, as typed before it

  /** `outgoing` sends; `state` is told the answers; `say({kind, text})` shows a refusal's next step. */
  constructor({ outgoing, state, say }) {
    this.outgoing = outgoing;
    this.state = state;
    this.say = say;
    state.addEventListener("heard", ({ detail }) => this.#heard(detail));
  }

  get times() {
    return this.#times;
  }

  setTimes(quantity) {
    this.#times = quantity;
    this.state.changed();
  }

  /** As if scanned at this till; opens a sale if none is open. */
  async scan(text) {
    const times = this.#takeTimes();
    const done = await this.#ask({
      label: t("label.scan", { text }),
      ...(times
        ? { path: "/v1/sales/{sale}/lines", body: { barcode: text, quantity: times } }
        : { path: `/v1/tills/${this.state.id}/scan`, body: { data: text } }),
    });
    return done;
  }

  addItem(item, weight) {
    const quantity = weight ?? this.#takeTimes();
    return this.#ask({
      label: t("label.line", { name: item.name }), path: "/v1/sales/{sale}/lines",
      body: { sku: item.sku, ...(quantity ? { quantity } : {}) },
    });
  }

  addOpenItem({ name, price, tax }) {
    const quantity = this.#takeTimes();
    return this.#ask({
      label: t("label.line", { name }), path: "/v1/sales/{sale}/lines",
      body: { name, price, ...(tax ? { tax } : {}), ...(quantity ? { quantity } : {}) },
    });
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

  /** Take money; once nothing is due the sale is completed, before anything else that waits. */
  tender(type, amount, reference) {
    return this.#ask({
      label: t("label.tender", { type: t(`tender.${type}`), amount: money(amount) }),
      path: `/v1/sales/${this.state.sale.id}/tenders`,
      body: { type, amount, ...(reference ? { reference } : {}) },
      then: "completeWhenPaid",
    });
  }

  removeTender(tender) {
    return this.#ask({
      label: t("tender.take_back", { what: t(`tender.${tender.type}`) }), method: "DELETE",
      path: `/v1/sales/${this.state.sale.id}/tenders/${encodeURIComponent(tender.id)}`,
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
      label: t("label.refund", { number: body.receipt_number }), path: "/v1/refunds", body, then: "completed",
    });
    return record !== null;
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
        this.state.sale = null;
        this.state.takeRecord(record);
      },
    };
  }

  #line(method, line, body, label) {
    return this.#ask({
      label, method, body, path: `/v1/sales/${this.state.sale.id}/lines/${encodeURIComponent(line.id)}`,
    });
  }

  async #ask(entry) {
    return (await this.#answer(entry)) !== null;
  }

  async #answer(entry) {
    try {
      const answer = await this.outgoing.push(entry);
      const sale = answer.sale ?? answer;
      if (sale.lines && sale.state && !sale.receipt_number) this.state.takeSale(sale);
      this.state.soon("till");
      return answer;
    } catch (error) {
      if (error instanceof Problem) {
        this.say({ kind: "refused", text: error.message });
        this.state.soon("till");
      }
      return null;
    }
  }

  #takeTimes() {
    const times = this.#times;
    this.#times = null;
    return times;
  }

  // The real scanner's codes go straight to the agent, one each; "2 x" asked for here is made up for.
  #heard(event) {
    if (event.type !== "scan") return;
    if (event.error || event.problem || event.refused) this.say({ kind: "refused", text: event.detail ?? event.hint ?? event.error ?? event.reason });
    if (!this.#times) return;
    const line = event.line ?? event.line_id;
    const before = this.state.sale?.lines.find((known) => known.id === line);
    if (line === undefined || line === null) return;
    const times = Number(this.#takeTimes());
    const target = { id: String(line), name: before?.name ?? "" };
    const had = before ? Number(before.quantity) : 0;
    void this.setQuantity(target, String(had + times));
  }
}
