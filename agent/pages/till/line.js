// The lines out of the shop, as the agent's own calls have shown them: what the lamps say, and news of it, said once.

import { clock, when } from "../parts/money.js";
import { has, t } from "../parts/words.js";

const CALM_MS = 10_000; // news is said once it has stayed so; a line that flickers is the lamps' matter

const LEVELS = { up: "good", unknown: "off", unused: "off", offline: "held" };

/** The lamps of the local network and the internet, where anything here goes beyond this PC. */
export function lineLights(line) {
  return ["network", "internet"].filter((name) => (line?.[name].state ?? "unused") !== "unused").map((name) => ({
    key: name, name: t(`line.${name}`), level: LEVELS[line[name].state] ?? "bad", word: t(`line.state.${line[name].state}`),
  }));
}

/** A cloud's lamp: what needs a person first, then what waits, then what its line says. */
export function cloudLight(cloud, lamp) {
  const waiting = backlog(cloud);
  const state = lamp?.state ?? "unknown";
  if (cloud.state === "not_configured" && waiting) return { level: "bad", word: words(t("outage.not_here"), waiting) };
  if (state === "offline") return { level: "held", word: words(t("line.state.offline"), waiting) };
  if (cloud.parked) return { level: "bad", word: t("lamp.cloud.parked", { n: cloud.parked }) };
  if (["portal", "unauthorized"].includes(state)) return { level: "bad", word: words(t(`line.state.${state}`), waiting) };
  if (["down", "trouble"].includes(state)) return { level: "busy", word: words(t(`line.state.${state}`), waiting) };
  if (waiting) return { level: "busy", word: t("lamp.cloud.waiting", { n: waiting }) };
  return { level: "good", word: t("lamp.cloud.ok") }; // every record is there, whatever the line says just now
}

/** How many records are still on their way to a cloud. */
export function backlog(cloud) {
  return (cloud.waiting ?? 0) + (cloud.sending ?? 0);
}

/** Why a lamp says what it says, and how old that is. */
export function because(lamp) {
  const cause = lamp.cause && has(`line.cause.${lamp.cause}`) ? t(`line.cause.${lamp.cause}`) : "";
  const age = lamp.state === "unused" ? "" : lamp.at ? t("line.seen", { time: clock(lamp.at) }) : t("line.never");
  return [cause, age].filter(Boolean).join(" ");
}

/** Who holds a cloud offline, since when and why. */
export function heldBy(held) {
  return t("line.held", { who: held.who, time: when(held.since), reason: held.reason });
}

/** Whether a card on a terminal of its own may be the store's risk: the terminal may have no line either. */
export function cardIsRisk(line) {
  return ["down", "portal"].includes(line?.internet.state);
}

/** Says what has become of the line: once, when it has stayed so, and never over something else. */
export class LineNews {
  #said = "up"; // a line that is there is no news
  #next = "up";
  #timer;

  constructor(till) {
    this.till = till;
    till.state.addEventListener("change", () => this.#look());
  }

  #look() {
    const now = this.till.state.away ? null : summary(this.till.state);
    if (now === null || now === this.#next) return;
    this.#next = now;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#next !== this.#said) this.#timer = setTimeout(() => this.#say(), CALM_MS);
  }

  #say() {
    if (this.till.messages.element.childElementCount) {
      this.#wait(); // somebody is reading
      return;
    }
    this.#said = this.#next;
    this.till.say({ kind: "note", text: t(`line.news.${this.#said}`) });
  }
}

// One word for all lamps, or null where nobody knows.
function summary({ status, clouds }) {
  const { line } = status;
  if (!line) return null;
  const states = [line.network.state, line.internet.state, ...clouds.map(({ name }) => line.clouds[name]?.state)];
  for (const state of ["offline", "portal", "down"]) if (states.includes(state)) return state;
  return states.includes("up") ? "up" : null;
}

function words(state, waiting) {
  return waiting ? `${state} · ${t("lamp.cloud.waiting", { n: waiting })}` : state;
}
