// A shift's figures, so far (X) or as they were closed (Z), and the list of all that were closed.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { day, hour, money, quantity, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { oneAtATime, primary } from "./panel.js";
import { said } from "./said.js";

const SHOWN = 30; // Zs at a time: a month

/** One report, with its ways onto paper and into a spreadsheet. */
export function reportPanel(till, report) {
  const closed = report.z_number !== undefined;
  const at = encodeURIComponent(closed ? report.id : report.till);
  const [print] = oneAtATime(async () => {
    const job = await till.actions.write(closed
      ? { label: t("report.print"), path: `/v1/shifts/${at}/print` }
      : { label: t("report.print"), path: "/v1/shifts/current/report/print", body: { till: report.till } });
    if (job) till.say({ kind: "note", text: t("report.printing") });
  });
  const sheet = closed ? `/v1/shifts/${at}/report.csv` : `/v1/shifts/current/report.csv?till=${at}`;
  const body = el("div", {},
    el("p.quiet", {}, [report.till, when(report.opened_at), closed && `– ${when(report.occurred_at)}`, report.cashier?.name].filter(Boolean).join(" ")),
    closed && overShort(report),
    !report.blind && el("div.beside", {},
      primary(t(closed ? "report.copy" : "report.print"), print, { disabled: !till.state.till.printer }),
      el("a.button", { href: sheet, download: "", "data-key": "csv" }, t("report.csv"))),
    report.blind ? el("p", {}, t("report.blind")) : figures(report));
  return {
    title: closed ? zName(report) : t("report.x"),
    body,
    focus: () => (body.querySelector("button:not(:disabled)") ?? till.entry).focus(),
  };
}

/** The shifts of this till that were closed, the newest first. */
export function closedShiftsPanel(till) {
  const list = el("div.list");
  const more = el("div");
  const fill = async (before) => {
    const page = await read(`/v1/shifts?till=${encodeURIComponent(till.state.id)}&limit=${SHOWN}${before ? `&before=${before}` : ""}`);
    const first = list.childElementCount === 0;
    list.append(...page.shifts.map((shift) => el("button.row-button", {
      type: "button", "data-key": `z-${shift.id}`, onclick: () => till.show(reportPanel(till, { z_number: null, ...shift })),
    }, el("span", {}, el("strong", {}, zName(shift)), ` ${when(shift.occurred_at)} ${shift.cashier?.name ?? ""}`),
    el("span.print-short", {}, shift.over ? difference(shift.over) : ""), el("strong", {}, money(shift.sales_total - shift.refunds_total)))));
    if (first && !page.shifts.length) list.append(el("p.quiet", {}, t("report.none")));
    replace(more, page.next && el("button.row-button", { type: "button", "data-key": "older", onclick: () => fill(page.next).catch(failed) }, el("span", {}, t("report.older"))));
    if (first) list.querySelector("button")?.focus();
  };
  const failed = (error) => till.say({ kind: "refused", text: said(error) });
  fill().catch(failed);
  return { title: t("shift.past"), body: el("div", {}, list, more), focus: () => (list.querySelector("button") ?? till.entry).focus() };
}

function zName(shift) {
  return shift.z_number ? t("report.z", { number: `${shift.epoch ?? ""}${shift.z_number}` }) : t("report.old");
}

function count(name, n, amount) {
  return [`${name} (${n})`, amount];
}

function figures(report) {
  return el("div.report", {},
    section(null, [
      count(t("report.sales"), report.sales, report.sales_total), count(t("report.refunds"), report.refunds, -report.refunds_total),
      report.discounts > 0 && count(t("report.discounts"), report.discounts, -report.discounts_total),
      report.voids > 0 && count(t("report.voids"), report.voids, report.voids_total),
      report.rounding && [t("report.rounding"), report.rounding],
      report.tips > 0 && [t("report.tips"), report.tips],
    ]),
    section(t("report.tenders"), (report.tenders ?? []).flatMap((tender) => [
      count(`${t(`report.tender.${tender.type}`)}, ${t("report.taken")}`, tender.taken, tender.taken_total),
      tender.change !== 0 && [t("report.change"), -tender.change],
      tender.given_back > 0 && count(`${t(`report.tender.${tender.type}`)}, ${t("report.given_back")}`, tender.given_back, -tender.given_back_total),
    ])),
    section(t("report.taxes"), (report.taxes ?? []).map((tax) => [taxName(tax), tax.amount])),
    section(t("report.categories"), (report.categories ?? []).filter(({ category }, _, all) => category || all.length > 1).map((one) => [one.category || t("report.no_category"), one.total])),
    section(t("report.cashiers"), (report.cashiers ?? []).flatMap(byCashier)),
    section(t("report.hours"), byHour(report.hours ?? [])),
    section(t("report.drawer"), [
      [t("report.float"), report.float], [t("report.cash"), report.cash],
      report.paid_in > 0 && count(t("cash_move.in"), report.paid_in, report.paid_in_total),
      report.paid_out > 0 && count(t("cash_move.out"), report.paid_out, -report.paid_out_total),
      report.drops > 0 && count(t("cash_move.drop"), report.drops, -report.drops_total),
      [t("report.expected"), report.expected_cash],
      report.drawer_expected !== report.expected_cash && report.drawer_expected !== undefined && [t("report.with_others"), report.drawer_expected],
      report.counted !== undefined && report.counted !== null && [t("report.counted"), report.counted],
      report.left !== undefined && [t("shift.left"), report.left],
    ]),
    report.no_sales > 0 && el("p", {}, t("report.no_sales", { n: report.no_sales })),
    report.parked > 0 && el("p", {}, t("report.parked", { n: report.parked })),
    report.first && el("p.quiet", {}, t("report.receipts", { first: report.first.receipt_number, last: report.last.receipt_number })),
    report.anchor && el("p.quiet", {}, t("report.anchor", { anchor: report.anchor })));
}

function byCashier(one) {
  const part = (rows) => rows.filter(Boolean).map(([name, amount]) => [name, amount, ".part"]);
  return [
    count(one.name || t("report.nobody"), one.sales + one.refunds, one.sales_total - one.refunds_total),
    ...part([
      one.refunds > 0 && count(t("report.refunds"), one.refunds, -one.refunds_total),
      one.discounts > 0 && count(t("report.discounts"), one.discounts, -one.discounts_total),
      one.voids > 0 && count(t("report.voids"), one.voids, one.voids_total),
      one.no_sales > 0 && count(t("report.no_sales_by"), one.no_sales, null),
      one.cash && [t("report.tender.cash"), one.cash],
      one.card && [t("report.tender.card"), one.card],
    ]),
  ];
}

function byHour(hours) {
  const days = new Set(hours.map((one) => one.hour.slice(0, 10)));
  return hours.map((one) => count(
    `${days.size > 1 ? `${day(one.hour.slice(0, 10))}, ` : ""}${hour(one.hour)}`, one.sales + one.refunds, one.sales_total - one.refunds_total,
  ));
}

function taxName({ name, rate }) {
  const shown = quantity(rate);
  return name.includes(shown) ? name : `${name} ${shown} %`;
}

function section(title, rows) {
  const shown = rows.filter(Boolean);
  return shown.length > 0 && el("table.figures", {}, title && el("caption", {}, title),
    el("tbody", {}, shown.map(([name, amount, of = ""]) => el(`tr${of}`, {}, el("th", { scope: "row" }, name), el("td", {}, amount === null ? "" : money(amount))))));
}

function overShort(report) {
  if (report.counted === null) return el("p.print", {}, t("report.not_counted"));
  const exact = report.over === 0;
  return el(`p.print${exact ? "" : ".print-bad"}`, {}, el("span.mark", { "aria-hidden": "true" }, exact ? "✓" : "!"),
    exact ? t("report.exact") : difference(report.over), report.reason && ` (${report.reason})`);
}

function difference(over) {
  return t(over > 0 ? "report.over" : "report.short", { amount: money(Math.abs(over)) });
}
