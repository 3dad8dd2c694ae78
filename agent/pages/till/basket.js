// The left half: the lines of the sale, what waits for the agent, and the total.

import { el, replace, rows } from "../parts/dom.js";
import { large } from "../parts/large.js";
import { lineName } from "../parts/lines.js";
import { money, price, quantity } from "../parts/money.js";
import { t } from "../parts/words.js";
import { cardName } from "./card_name.js";
import { doneView } from "./panels_pay.js";
import { discountPanel, pricePanel, quantityPanel } from "./panels_line.js";
import { givenOut, takenLines, takenSums } from "./taken_back.js";

export class Basket {
  #till;
  #selected = null; // a line's id
  #known = ""; // the lines as last drawn: a new one is selected and scrolled to
  element;
  #lines = el("div.lines");
  #totals = el("div.totals");

  constructor(till) {
    this.#till = till;
    this.element = el("section.basket", { "aria-label": t("basket.title") }, this.#lines, this.#totals);
    new ResizeObserver(() => this.#show()).observe(this.#lines); // what is chosen stays in view when the sums grow
  }

  /** The line that keys act on, or undefined. */
  get line() {
    return this.#till.state.sale?.lines.find((line) => line.id === this.#selected);
  }

  /** Choose the next or the one before. */
  move(step) {
    const lines = this.#till.state.sale?.lines ?? [];
    if (!lines.length) return;
    const at = lines.findIndex((line) => line.id === this.#selected);
    this.#selected = lines[Math.max(0, Math.min(lines.length - 1, at + step))].id;
    this.update();
    this.#show();
  }

  /** One more or one less of the chosen line. */
  step(line, by) {
    if (line.unit === "kg") return this.#till.show(quantityPanel(this.#till, line));
    const now = this.#till.state.lineNow(line); // a row is not drawn anew while it is pressed
    const next = Number(this.#till.actions.awaited(now)) + by;
    return next > 0 ? this.#till.actions.setQuantity(now, String(next)) : this.#till.actions.removeLine(now);
  }

  update() {
    const { state } = this.#till;
    const lines = state.sale?.lines ?? [];
    const asked = this.#till.outgoing.waiting;
    const waiting = asked.some((entry) => entry.away) ? asked : []; // an answer takes milliseconds: no flicker for that
    this.#follow(lines);
    if (!lines.length && !waiting.length && !state.sale?.taken_back) {
      this.#lines.role = null; // an empty list is none
      rows(this.#lines, [state.last
        ? [["done", state.last, state.drawer, state.till?.unclear_print], () => doneView(this.#till)]
        : [["empty"], () => el("div.empty", {}, el("p.empty-big", {}, t("basket.empty")), el("p.quiet", {}, t("basket.empty.how")))]]);
    } else {
      this.#lines.role = "list";
      rows(this.#lines, [
        ...takenLines(this.#till, state.sale).map((row, at) => [["taken", state.sale.taken_back, at], () => row]),
        ...lines.map((line) => [[state.sale.id, line, line.id === this.#selected], () => this.#row(line)]),
        ...waiting.map((entry) => [["waiting", entry.key, entry.label], () => this.#waiting(entry)]),
      ]);
    }
    const sums = JSON.stringify(state.sale);
    if (sums !== this.#summed) {
      this.#summed = sums;
      replace(this.#totals, ...this.#sums(state.sale, lines.length > 0));
    }
    if (this.#scrollDue) requestAnimationFrame(() => this.#show()); // once all is drawn: it lays the page out
  }

  #scrollDue = false;
  #summed = ""; // the sale whose sums are shown

  #follow(lines) {
    const known = lines.map((line) => `${line.id}=${line.quantity}`).join();
    if (known === this.#known) return;
    const before = new Set(this.#known.split(","));
    const fresh = lines.filter((line) => !line.deposit_of && !before.has(`${line.id}=${line.quantity}`)); // its item leads
    this.#known = known;
    if (fresh.length) this.#selected = fresh[fresh.length - 1].id;
    else if (!lines.some((line) => line.id === this.#selected)) this.#selected = lines[lines.length - 1]?.id ?? null;
    this.#scrollDue = true;
  }

  #show() {
    this.#scrollDue = false;
    this.#lines.querySelector(".line-chosen")?.scrollIntoView({ block: "nearest" });
  }

  #row(line) {
    const chosen = line.id === this.#selected;
    const off = line.discount + (line.sale_discount ?? 0);
    return el(`div.line${chosen ? ".line-chosen" : ""}`, { role: "listitem", "data-line": line.id },
      el("button.line-face", {
        type: "button", "aria-expanded": String(chosen), "data-key": `line-${line.id}`, tabindex: chosen ? "0" : "-1",
        onclick: () => {
          this.#selected = line.id;
          this.update();
        },
      },
      el("span.line-quantity", {}, line.unit === "kg" ? quantity(line.quantity, "kg") : `${quantity(line.quantity)} ×`),
      el("span.line-name", {}, lineName(line),
        lineSmall(line, off),
        this.#particulars(line)),
      el("span.line-total", {}, money(line.total))),
      chosen && !line.deposit_of && el("div.line-tools", {},
        el("button.square", { type: "button", "aria-label": t("action.less"), "data-key": `less-${line.id}`, onclick: () => this.step(line, -1) }, "−"),
        el("button.square", { type: "button", "aria-label": t("action.more"), "data-key": `more-${line.id}`, onclick: () => this.step(line, 1) }, "+"),
        this.#tool("quantity", "F3", () => this.#till.show(quantityPanel(this.#till, line))),
        !line.empties && this.#tool("price", "F4", () => this.#till.show(pricePanel(this.#till, line))),
        !line.empties && this.#tool("discount", "F6", () => this.#till.show(discountPanel(this.#till, line))),
        this.#tool("remove", "Del", () => this.#till.actions.removeLine(line))));
  }

  // What was noted beside the goods, and what is still to be asked.
  #particulars(line) {
    const told = [
      line.lot && t("basket.lot", { lot: line.lot }), line.serial && t("basket.serial", { serial: line.serial }),
      line.track && !line[line.track] && t(`basket.no_${line.track}`),
      line.min_age && t(line.age_check ? "basket.age_checked" : "basket.age_open", { age: line.min_age }),
    ].filter(Boolean);
    return [told.length > 0 && el("small", {}, told.join(" · ")), line.note && noteOf(line.note)];
  }

  #customer(sale) {
    const { customer, note, label } = sale;
    return [
      customer && el("p.sum.customer", {},
        el("span", {}, el("span.mark", { "aria-hidden": "true" }, "◉"), ` ${customer.name}${customer.number ? ` · ${customer.number}` : ""}`),
        el("button.take-back", { type: "button", "data-key": "customer-off", "aria-label": t("buyer.detach"), onclick: () => this.#till.attending.giveCustomer(null) }, "✕")),
      sale.exemption && el("p.sum.quiet", {}, el("span", {}, t("basket.exempt", { reason: sale.exemption.reason }))),
      label && el("p.sum.quiet", {}, el("span", {}, t("basket.label", { label }))),
      note && el("p.sum", {}, noteOf(note)),
    ];
  }

  #tool(name, key, onclick) {
    return el("button.tool", { type: "button", "data-key": `tool-${name}`, "data-tool": name, onclick }, t(`action.${name}`), el("kbd", {}, key));
  }

  #waiting(entry) {
    return el("div.line.line-waiting", { role: "listitem" },
      el("span.mark", { "aria-hidden": "true" }, "…"),
      el("span.line-name", {}, entry.label, el("small", {}, t("basket.waiting"))),
      el("button", { type: "button", "data-key": `drop-${entry.key}`, onclick: () => this.#till.forget(entry) }, t("basket.drop")));
  }

  #sums(sale, any) {
    if (!any && sale?.taken_back) return [el("div.sums", {}, this.#customer(sale), takenSums(sale), el("p.quiet", {}, t("back.now_ring")))];
    if (!any) return sale ? [el("div.sums", {}, this.#customer(sale))].filter((sums) => sums.children.length) : [];
    const discounts = sale.discounts.filter((discount) => !discount.line);
    const row = (label, amount, extra = "") => el(`p.sum${extra}`, {}, el("span", {}, label), el("span", {}, amount));
    const paid = sale.tenders.length > 0 || Boolean(sale.taken_back);
    const out = givenOut(sale) ?? (sale.total < 0 ? [t("total.out"), sale.change] : null);
    const relief = sale.tax_relief;
    const onTop = sale.taxes.some((tax) => !tax.included);
    return [
      el("div.sums", {},
        this.#customer(sale),
        (discounts.length > 0 || onTop || relief !== 0) && row(t("total.subtotal"), money(sale.subtotal)),
        discounts.map((discount) => row(discount.reason ? t("total.discount.reason", { reason: discount.reason }) : t("total.discount"), `−${money(discount.amount)}`)),
        sale.taxes.filter((tax) => tax.amount).map((tax) =>
          row(t(tax.included ? "total.tax.in" : "total.tax.on", { name: tax.name ?? `${tax.rate} %` }), money(tax.amount), ".quiet")),
        relief !== 0 && row(t("total.relief"), money(-relief)),
        (paid || out) && row(t("total.total"), money(sale.total)),
        takenSums(sale),
        sale.tenders.map((tender) => el("p.sum", {},
          el("span", {}, [t(`tender.${tender.type}`), tender.card && cardName(tender.card), tender.reference].filter(Boolean).join(" · ")),
          el("button.take-back", { type: "button", "data-key": `tender-${tender.id}`, "aria-label": t("tender.take_back", { what: t(`tender.${tender.type}`) }), onclick: () => this.#till.actions.removeTender(tender) }, "✕"),
          el("span", {}, `−${money(tender.amount)}`))),
        sale.tenders.filter((tender) => tender.tip).map((tender) =>
          row(t("tender.tip", { what: t(`tender.${tender.type}`) }), money(tender.tip), ".quiet"))),
      el("p.total", {}, el("span", {}, out ? out[0] : t(paid ? "total.due" : "total.total"), el("small", {}, t("basket.lines", { n: sale.lines.length }))),
        large("total-amount", money(out ? out[1] : paid ? sale.due : sale.total))),
      sale.due === 0 && !sale.card_payment
        ? el("div.pay", {}, el("button.primary.finish", { type: "button", "data-key": "finish", onclick: () => this.#till.command("cash") }, t("pay.finish")))
        : el("div.pay", {},
          el("button.primary.cash", { type: "button", "data-key": "cash", onclick: () => this.#till.command("cash") }, t("action.cash"), el("kbd", {}, "F10")),
          el("button.card-pay", { type: "button", "data-key": "card", onclick: () => this.#till.command("card") }, t("action.card"), el("kbd", {}, "F9"))),
    ];
  }
}

function noteOf(note) {
  return el("small.note", {}, el("span.mark", { "aria-hidden": "true" }, "✎"), ` ${note.text}`, note.printed && el("em", {}, ` (${t("note.on_receipt")})`));
}

// Beside a line's name: of which issue it is, what one costs where that is not the total, and what came off.
function lineSmall(line, off) {
  const was = line.list_price ?? null;
  const priced = [
    line.issue && t("basket.issue", { issue: line.issue }),
    (line.unit === "kg" || line.quantity !== "1") && price(line.price, line.unit),
    was !== null && t("basket.was", { price: price(was, line.unit) }),
    was !== null && line.price_reason && `(${line.price_reason})`,
  ].filter(Boolean).join(" ");
  const text = [priced, off && t("basket.off", { amount: money(off) })].filter(Boolean).join(" · ");
  return text && el("small", {}, ` ${text}`);
}
