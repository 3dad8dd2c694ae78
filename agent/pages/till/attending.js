// What a cashier does beside lines and money: notes, ages, customers, and what the catalogue and the keys are to know.

import { t } from "../parts/words.js";

export class Attending {
  #actions;
  #state;

  constructor(actions, state) {
    this.#actions = actions;
    this.#state = state;
  }

  /** Write a note on a line, or on the sale where there is none; an empty text takes it off. */
  writeNote(line, text, printed) {
    const note = { text, printed };
    if (line) return this.#line(line, { note }, t("label.note", { name: line.name }));
    return this.#actions.ofSale("", { label: t("label.note.sale"), method: "PATCH", body: { note } });
  }

  /** Write down a piece's `lot` or `serial`. */
  setMark(line, which, mark) {
    return this.#line(line, { [which]: mark }, t("label.mark", { name: line.name }));
  }

  /** Somebody made sure that the customer is `age` or more: `how` is "seen" or "document". */
  checkAge(age, how) {
    return this.#actions.ofSale("/age", { label: t("label.age", { age }), body: { age, how } });
  }

  /** Say whom the sale is for; null: nobody who is known. */
  giveCustomer(customer) {
    return customer
      ? this.#actions.ask({ label: t("label.customer", { name: customer.name }), path: "/v1/sales/{sale}/customer", body: { customer: customer.id } })
      : this.#actions.ofSale("/customer", { label: t("label.customer.none"), method: "DELETE" });
  }

  /** Answers the customer as kept, or null. */
  addCustomer(fields) {
    return this.#actions.answer({ label: t("label.customer", { name: fields.name }), path: "/v1/customers", body: fields });
  }

  changeCustomer(customer, fields) {
    return this.#actions.answer({ label: t("label.customer", { name: customer.name }), method: "PATCH", path: `/v1/customers/${customer.id}`, body: fields });
  }

  async forgetCustomer(customer) {
    return (await this.#actions.answer({ label: t("buyer.forget"), method: "DELETE", path: `/v1/customers/${customer.id}` })) !== null;
  }

  /** Let the catalogue know an item from now on; answers it, or null. */
  makeItem(item) {
    return this.#actions.answer({ label: t("label.item", { name: item.name }), path: "/v1/items", body: item });
  }

  /** Let the catalogue forget an item that a till made; answers whether it did. */
  async unmakeItem({ sku, name }) {
    return (await this.#actions.answer({ label: t("label.item", { name }), method: "DELETE", path: `/v1/items/${encodeURIComponent(sku)}` })) !== null;
  }

  /** Keep an arrangement of the quick keys. */
  arrange(arrangement) {
    return this.#actions.ask({ label: t("keys.arrange"), method: "PUT", path: `/v1/tills/${this.#state.id}/keys`, body: arrangement });
  }

  #line(line, body, label) {
    return this.#actions.ofLine(line, { label, method: "PATCH", body });
  }
}
