// The outage card: what waits, what works, what to refuse; offline by hand and back; the same on paper.

import { read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { clock, when } from "../parts/money.js";
import { has, t } from "../parts/words.js";
import { because, heldBy } from "./line.js";
import { field, oneAtATime, primary, reasons } from "./panel.js";
import { mattersButton } from "./panel_matters.js";
import { said } from "./said.js";

const READ_AGAIN_MS = 400; // several events of one act make one reading
const LEVELS = { delivered: "good", no_clouds: "good", parked: "bad", unauthorized: "bad", not_configured: "bad", cannot_sell: "bad" };
const MARKS = { good: "✓", busy: "◐", bad: "!", held: "‖" };

/** The card of now; it reads itself again as long as it is shown. */
export function outagePanel(till) {
  const body = el("div.outage");
  let timer;
  let heard = till.state.live;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => body.isConnected && fetchCard(false), READ_AGAIN_MS);
  };
  const fetchCard = async (look) => {
    try {
      const card = await read(`/v1/outage${look ? "?look=true" : ""}`);
      const open = new Set([...body.querySelectorAll("details[open] > summary")].map((one) => one.dataset.key)); // what is read stays open
      replace(body, head(card), buttons(till, card, () => fetchCard(true)), lamps(card), card.clouds.map((cloud) => cloudCard(till, cloud, open)), lists(card), el("p.card", {}, t("outage.card_risk")));
    } catch (error) {
      replace(body, el("p", { role: "alert" }, said(error)));
    }
  };
  void fetchCard(true).then(() => body.isConnected && body.querySelector("button")?.focus({ preventScroll: true }));
  return {
    title: t("outage.title"),
    body,
    heard: ({ type }) => {
      if (["line", "cloud", "delivery", "record"].includes(type)) again();
    },
    update: ({ live }) => {
      if (live && !heard) again(); // the agent is back: what it said meanwhile was not heard
      heard = live;
    },
  };
}

/** Hold a cloud offline (null: all of them), for a reason. */
function offlinePanel(till, cloud) {
  const reason = field(t("reason.field"), { key: "reason", onenter: () => save(), maxlength: 200 });
  const [save] = oneAtATime(async () => {
    if (!reason.value) reason.complain(t("reason.needed"));
    else if (await till.actions.holdOffline(cloud, reason.value)) till.goOn(panel, outagePanel(till));
  });
  const panel = {
    title: t("outage.hold.title", { cloud: cloud ?? t("outage.all_clouds") }),
    body: el("div", {}, el("p", {}, t("outage.hold.how")), reason.element, reasons("outage.hold.reasons", reason), primary(t("outage.hold.do"), save)),
    focus: () => reason.input.focus(),
  };
  return panel;
}

function head(card) {
  const level = LEVELS[card.state] ?? (card.state === "offline" ? "held" : "busy");
  return el(`div.card.card-${level}.outage-head`, {},
    el("h3", {}, el("span.mark", { "aria-hidden": "true" }, MARKS[level]), t(`outage.state.${card.state}`)),
    el("p", {}, t("outage.as_of", { time: clock(card.at) }),
      card.waiting > 0 && ` ${t("outage.waiting", { n: card.waiting })}`, card.oldest_waiting && ` ${t("lamps.cloud.oldest", { time: when(card.oldest_waiting) })}`,
      card.parked > 0 && ` ${t("outage.parked", { n: card.parked })}`));
}

function buttons(till, card, look) {
  const here = card.clouds.filter((cloud) => cloud.configured);
  const held = here.filter((cloud) => cloud.offline);
  const several = here.length > 1;
  return el("div.beside.outage-buttons", {},
    el("button", { type: "button", "data-key": "outage-look", onclick: look }, t("outage.look")),
    el("button", { type: "button", "data-key": "outage-print", onclick: () => till.actions.printOutage() }, t("outage.print")),
    mattersButton(till, card.matters),
    several && held.length < here.length && el("button", { type: "button", "data-key": "outage-hold-all", onclick: () => till.show(offlinePanel(till, null)) }, t("outage.hold_all")),
    several && held.length > 0 && el("button.primary", { type: "button", "data-key": "outage-release-all", onclick: () => till.actions.putOnline(null) }, t("outage.release_all")));
}

function lamps({ network, internet }) {
  const one = (name, lamp) => el("li", {}, el("strong", {}, t(`line.${name}`)), el("span", {}, t(`line.state.${lamp.state}`)), el("span.quiet", {}, because(lamp)));
  return el("ul.outage-lamps", {}, one("network", network), one("internet", internet));
}

function cloudCard(till, cloud, open) {
  const { lamp, offline } = cloud;
  return el(`div.card${offline ? ".card-held" : ""}`, {},
    el("h3", {}, `${t("kind.cloud")} · ${cloud.name}: ${cloud.configured ? t(`line.state.${lamp.state}`) : t("outage.not_here")}`),
    el("p", {}, !cloud.configured ? t("outage.gone") : offline ? heldBy(offline) : because(lamp)),
    el("p", {}, cloud.waiting ? t("outage.waiting", { n: cloud.waiting }) : !cloud.parked && t("lamps.cloud.ok"), cloud.oldest_waiting && ` ${t("lamps.cloud.oldest", { time: when(cloud.oldest_waiting) })}`,
      cloud.parked > 0 && ` ${t("outage.parked", { n: cloud.parked })}`,
      cloud.matters > cloud.parked && ` ${t("outage.differs", { n: cloud.matters - cloud.parked })}`),
    el("p.quiet", {}, cloud.answered_at ? t("outage.answered", { time: when(cloud.answered_at) }) : t("line.never")),
    cannot(cloud, open),
    cloud.configured && (offline
      ? el("button.primary", { type: "button", "data-key": `release-${cloud.name}`, onclick: () => till.actions.putOnline(cloud.name) }, t("outage.release"))
      : el("button", { type: "button", "data-key": `hold-${cloud.name}`, onclick: () => till.show(offlinePanel(till, cloud.name)) }, t("outage.hold"))));
}

// What this cloud does not do, to be read before it is needed; a kind of somebody else's may have codes of its own.
function cannot(cloud, open) {
  const key = `cannot-${cloud.name}`;
  return cloud.cannot.length > 0 && el("details.cannot", { open: open.has(key) },
    el("summary", { "data-key": key }, t("cannot.title", { n: cloud.cannot.length })),
    el("ul.outage-list", {}, cloud.cannot.map(({ code, text }) => el("li", {}, has(`cannot.${code}`) ? t(`cannot.${code}`) : text))));
}

function lists(card) {
  const item = (mark, text) => el("li", {}, el("span.mark", { "aria-hidden": "true" }, mark), text);
  return [
    card.works.length > 0 && [el("h3", {}, t("outage.works")), el("ul.outage-list", {}, card.works.map((code) => item("✓", t(`outage.works.${code}`))))],
    card.refuse.length > 0 && [el("h3", {}, t("outage.refuse")),
      el("ul.outage-list", {}, card.refuse.map(({ tender, why }) => item("✕", `${t(`outage.tender.${tender}`)}: ${t(`outage.why.${why}`)}`))),
      el("p.next", {}, t("outage.say"))],
  ];
}
