// Panels about the shift: what is open, its beginning, money that moves with no sale, and its end.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { money, parse, typed, when } from "../parts/money.js";
import { t } from "../parts/words.js";
import { choice, field, oneAtATime, pad, primary, reasons } from "./panel.js";
import { countFields } from "./panel_count.js";
import { closedShiftsPanel, reportPanel } from "./panels_shift_reports.js";
import { said } from "./said.js";

/** What can be done about the shift, each as a large button. */
export function shiftPanel(till) {
  const body = el("div");
  const button = (key, word, then) =>
    el("button.row-button", { type: "button", "data-key": `shift-${key}`, onclick: then }, el("span", {}, t(word)));
  const count = (next) => () => fetched(till, current(till), (now) => till.goOn(panel, next(till, now)));
  const x = () => fetched(till, read(`/v1/shifts/current/report?till=${encodeURIComponent(till.state.id)}`), (report) => till.goOn(panel, reportPanel(till, report)));
  const draw = () => {
    const { shift } = till.state.till;
    replace(body,
      el("p", {}, shift ? t(shift.automatic ? "shift.is_automatic" : "shift.is_open", { since: when(shift.opened_at), float: money(shift.float) }) : t("shift.is_closed")),
      shift?.left_open && el("p.print", { role: "note" }, el("span.mark", { "aria-hidden": "true" }, "!"), el("span.print-word", {}, t("shift.left_open", { since: when(shift.opened_at) }))),
      el("div.list", {},
        !shift && button("open", "shift.open", count(openPanel)),
        button("cash", "cash_move.title", () => till.show(moveCashPanel(till))),
        shift && button("x", "shift.x", x),
        shift && button("close", "shift.close", count(closePanel)),
        button("past", "shift.past", () => till.show(closedShiftsPanel(till)))));
  };
  draw();
  const panel = { title: t("shift.title"), body, update: draw, focus: () => body.querySelector("button").focus() };
  return panel;
}

/** What opening or closing this till's shift takes. */
export function current(till) {
  return read(`/v1/shifts/current?till=${encodeURIComponent(till.state.id)}`);
}

/** Read, then go on; what is refused, or an agent that is away, is said. */
export async function fetched(till, reading, then) {
  try {
    then(await reading);
  } catch (error) {
    till.say({ kind: "refused", text: said(error) });
  }
}

/** Open the shift with a float: as a sum, or coin by coin. `now` is what `current` answered. */
export function openPanel(till, now) {
  const counted = counting(now, typed(now.left), () => save());
  const [save] = oneAtATime(async () => {
    const body = counted.body("float");
    if (!body) return;
    const opened = await till.actions.write({ label: t("shift.open"), path: "/v1/shifts", body: { till: till.state.id, ...body } });
    if (!opened) return;
    till.state.takeShift(opened);
    till.goOn(panel);
    till.say({ kind: "note", text: t("shift.opened", { float: money(opened.float) }) });
  });
  const panel = {
    title: t("shift.open"),
    body: el("div", {}, el("p", {}, t(now.asks_for_float ? "shift.open.asked" : "shift.open.how")), counted.element, primary(t("shift.open.do"), save)),
    focus: () => counted.focus(),
  };
  return panel;
}

/** Count the drawer and close the shift: its Z. What should be there is not shown before. */
export function closePanel(till, now) {
  const counted = counting(now, "", () => left.select(), !now.count_needed);
  const parked = el("p", { role: "note" });
  const left = field(t("shift.left"), { key: "left", mode: "decimal", placeholder: t("shift.left.all"), onenter: () => reason.select(), maxlength: 14 });
  const reason = field(t("shift.reason"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const [save] = oneAtATime(async () => {
    const body = counted.body("counted");
    if (!body) return;
    const stays = left.value ? parse(left.value) : undefined;
    if (stays === null) {
      left.complain(t("amount.bad", { example: typed(5000) }));
      return;
    }
    const closed = await till.actions.write({
      label: t("shift.close"), path: "/v1/shifts/current/close",
      body: {
        till: till.state.id, counted: null, ...body, print: Boolean(till.state.till.printer),
        ...(stays === undefined ? {} : { left: stays }), ...(reason.value ? { reason: reason.value } : {}),
      },
    });
    if (!closed) return;
    const report = reportPanel(till, closed);
    if (!till.goOn(panel, report)) till.say({ kind: "note", text: t("shift.closed", { report: report.title }) });
  });
  const panel = {
    title: t("shift.close"),
    body: el("div", {},
      el("p", {}, t("shift.close.how"), now.drawer_shared_with.length > 0 && ` ${t("shift.shared", { tills: now.drawer_shared_with.join(", ") })}`),
      parked, counted.element, left.element, reason.element, reasons("shift.reasons", reason), primary(t("shift.close.do"), save)),
    update: ({ parked: sales }) => {
      parked.hidden = !sales.length;
      parked.textContent = sales.length ? t("shift.parked", { n: sales.length }) : "";
    },
    focus: () => counted.focus(),
  };
  return panel;
}

/** Put money into the drawer, take it out, or take it to the safe. */
export function moveCashPanel(till) {
  let direction = "out";
  const amount = field(t("cash_move.amount"), { key: "amount", mode: "decimal", onenter: () => reason.select(), maxlength: 14 });
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const offered = el("div");
  const offer = () => replace(offered, reasons(`cash_move.reasons.${direction}`, reason));
  const [save] = oneAtATime(async () => {
    const minor = parse(amount.value);
    if (!minor || !reason.value) {
      if (minor) reason.complain(t("reason.needed"));
      else amount.complain(t("amount.bad", { example: typed(5000) }));
      return;
    }
    const moved = await till.actions.write({
      label: t(`cash_move.${direction}`), path: "/v1/shifts/current/cash",
      body: { till: till.state.id, direction, amount: minor, reason: reason.value },
    });
    if (!moved) return;
    till.goOn(panel);
    till.say(moved.drawer_short
      ? { kind: "refused", text: t("cash_move.short", { amount: money(moved.amount), short: money(moved.drawer_short) }) }
      : { kind: "note", text: t(`cash_move.done.${moved.direction}`, { amount: money(moved.amount) }) });
  });
  offer();
  const panel = {
    title: t("cash_move.title"),
    body: el("div.two", {},
      el("div.fields", {},
        choice(t("cash_move.what"), ["in", "out", "drop"].map((way) => [way, t(`cash_move.${way}`)]), direction, (way) => {
          direction = way;
          offer();
        }),
        amount.element, reason.element, offered, primary(t("cash_move.do"), save)),
      pad(amount, { onenter: () => reason.select() })),
    focus: () => amount.select(),
  };
  return panel;
}

// A sum or the pieces, whichever the cashier likes; `alone` offers to close without counting.
function counting(now, suggested, next, alone) {
  const pieces = countFields(now.denominations, next);
  const sum = field(t("count.sum"), { key: "sum", mode: "decimal", value: suggested, onenter: next, maxlength: 14 });
  const ways = [now.denominations.length > 0 && ["pieces", t("count.pieces")], ["sum", t("count.sum")], alone && ["none", t("count.none")]].filter(Boolean);
  let way = ways[0][0];
  const shown = el("div");
  const total = el("div.two", {}, sum.element, pad(sum, { onenter: next }));
  const draw = () => replace(shown, { pieces: pieces.element, sum: total, none: el("p.quiet", {}, t("count.none.how")) }[way]);
  draw();
  return {
    element: el("div.fields", {}, choice(t("count.how"), ways, way, (chosen) => {
      way = chosen;
      draw();
      focus();
    }), shown),
    focus: () => focus(),
    /** What is sent, with a sum under `name`; nothing where something typed is no amount, which it says. */
    body: (name) => {
      if (way === "none") return {};
      if (way === "pieces") return pieces.count && { count: pieces.count };
      const minor = parse(sum.value);
      if (minor === null) return void sum.complain(t("amount.bad", { example: typed(5000) }));
      return { [name]: minor };
    },
  };
  function focus() {
    if (way === "pieces") pieces.focus();
    else if (way === "sum") sum.select();
  }
}
