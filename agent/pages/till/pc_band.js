// What somebody should see to on this PC: room on its disk, and its journal. One line above the sale, the worst first,
// until it is mended or whoever may has put it away.

import { el, replace } from "../parts/dom.js";
import { quantity, when } from "../parts/money.js";
import { has, t } from "../parts/words.js";

const SEEN = "stillopen.pc-seen"; // the marks of what was put away in this browser
const SEEN_MAX = 20; // a mark is of a month, a day or a notice: older ones come back no more
const NEWS_MS = 14 * 86_400_000; // what was noted longer ago is no news; the doctor and the receipts still say it
const MB = 1024 ** 2;

/** What there is to see to, from `GET /v1/status`: {mark, what, next, grave}. Without a `mark` it cannot be put away. */
export function toSeeTo({ disk, journal, notices }, now = new Date()) {
  const day = now.toDateString();
  const room = (mark, grave = false) => ({ mark, grave, what: t(`pc.room.${disk.room}`, { left: left(disk.free_bytes) }), next: t(`pc.room.${disk.room}.next`) });
  return [
    disk?.room === "full" && room(null, true),
    ...(notices ?? []).filter(({ since }) => now - new Date(since) < NEWS_MS).map(noted),
    journal?.alarm && { mark: `alarm ${day}`, what: t("pc.alarm"), next: t("pc.alarm.next") },
    disk?.room === "tight" && room(`tight ${day}`), // days are left: it is said each day
    disk?.room === "low" && room(`low ${day.slice(4, 7)} ${now.getFullYear()}`), // weeks are left: each month
  ].filter(Boolean);
}

/** The line itself. */
export class PcBand {
  #till;
  #seen = remembered();
  #drawn = "";
  element = el("div.asks.pc-band", { "aria-live": "polite" });

  constructor(till) {
    this.#till = till;
  }

  update() {
    const { away, status } = this.#till.state;
    const open = away || status.fault ? [] : toSeeTo(status).filter(({ mark }) => !this.#seen.includes(mark));
    const may = this.#till.staff.may("settings");
    const now = JSON.stringify([open[0], may]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    replace(this.element, open.length > 0 && this.#band(open[0], may));
  }

  #band({ mark, what, next, grave }, may) {
    return el(`div.banner.banner-asks${grave ? ".banner-fault" : ""}`, { role: "group", "aria-label": what },
      el("span.mark", { "aria-hidden": "true" }, "!"),
      el("span.asks-words", {}, el("strong", {}, what), el("small", {}, next)),
      mark && may && el("button", { type: "button", "data-key": "pc-seen", onclick: () => this.#putAway(mark) }, t("pc.seen")));
  }

  #putAway(mark) {
    this.#seen = [mark, ...this.#seen].slice(0, SEEN_MAX);
    try {
      localStorage.setItem(SEEN, JSON.stringify(this.#seen));
    } catch {
      // A browser that keeps nothing says it again after a reload.
    }
    this.update();
    this.#till.finder.focus(); // the button is gone
  }
}

function noted({ code, since, detail, hint }) {
  const words = `pc.notice.${code.replaceAll("-", "_")}`;
  const [what, next] = has(words) ? [t(words, { since: when(since) }), t(`${words}.next`)] : [detail, hint];
  return { mark: `${code} ${since}`, what, next };
}

function left(bytes) {
  return bytes < 1024 * MB ? `${Math.floor(bytes / MB)} MB` : `${quantity((bytes / MB / 1024).toFixed(1))} GB`;
}

function remembered() {
  try {
    const seen = JSON.parse(localStorage.getItem(SEEN));
    return Array.isArray(seen) ? seen : [];
  } catch {
    return []; // none, or nothing of ours
  }
}
