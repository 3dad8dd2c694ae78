// Who stands at this page: shown in the bar, asked for when nobody does, and asked for leave when theirs is not enough.
//
// A PIN goes from its field to the agent and nowhere else: not into what waits to be sent again, not into the address,
// not into the browser's memory.

import { Away, Problem, read, write } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { refusedTone } from "../parts/tone.js";
import { t } from "../parts/words.js";
import { leavePanel, signInPanel } from "./panel_pin.js";
import { firstPanel, staffPanel } from "./panels_staff.js";
import { said } from "./said.js";

const NO_PINS = "stillopen.no-pins"; // this browser was told that this shop needs none
const SEEN_MS = 30_000; // how often the agent hears that somebody is here; the shortest lock is a minute
const ALLOWED_WHILE_LOCKED = ["help", "staff", "lock", "outage"];

export class StaffWatch {
  now = null; // GET /v1/sign-in
  #till;
  #seen = 0;
  #asked = 0; // readings: an older one that is answered late says nothing

  constructor(till) {
    this.#till = till;
    this.name = el("span");
    this.element = el("button.staff-button", { type: "button", "data-key": "staff", onclick: () => till.command("staff") }, this.name, el("kbd", {}, "Alt+U"));
    this.notice = el("div.staff-band");
    till.state.addEventListener("heard", ({ detail }) => {
      if (detail.type === "staff" && (this.now === null || [this.now.page, ""].includes(detail.page))) void this.read();
      if (detail.type === "scan" && detail.till === till.state.id) this.#here();
    });
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => this.#here(), { capture: true, passive: true });
  }

  /** Whether somebody has to sign in before anything is done here. */
  get locked() {
    return this.now !== null && this.now.acts_as.role === null;
  }

  /** The field for a PIN that is on show, or undefined: what is typed then stands nowhere in the open. */
  get pin() {
    return document.querySelector(".panel .pin") ?? undefined;
  }

  /** What is typed while nobody is here is a PIN. */
  toPin() {
    if (this.pin) this.pin.focus();
    else this.ask();
  }

  may(action) {
    return this.now?.may[action] ?? true;
  }

  /** Read who is here; the page is locked or opened by what the agent says. */
  async read() {
    const asked = ++this.#asked;
    try {
      const now = await read("/v1/sign-in");
      if (asked === this.#asked) this.take(now);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error; // heard again when the agent is back
    }
  }

  take(now) {
    const was = this.locked;
    this.now = now;
    this.#draw();
    this.#till.state.changed(); // what is shown may hang on who is here
    if (this.locked && !was) this.ask();
    else if (was && !this.locked) this.#till.home();
  }

  /** Ask who is here. */
  ask() {
    this.#till.show(signInPanel(this.#till, this));
  }

  /** What the bar's button and its key open: set-up, or a switch. Null: once it is known which. */
  panel() {
    if (this.now === null) {
      void this.read().then(() => (this.now ? this.#till.show(this.panel()) : this.#till.say({ kind: "refused", text: t("away.title") })));
      return null;
    }
    return this.now?.staff_set_up === false ? firstPanel(this.#till, this) : signInPanel(this.#till, this);
  }

  /** Everybody who works here, for who may change that; `from`: the panel that leads there. */
  people(from) {
    this.#till.goOn(from, staffPanel(this.#till, this));
  }

  /** Lock the page; sales stay as they are. Answers what to say instead, where there is nothing to lock. */
  lock() {
    if (!this.now?.staff) return t("staff.nothing_to_lock");
    void this.send("DELETE", "/v1/sign-in", undefined, { away: t("staff.not_locked") }).then((now) => now && this.take(now));
    return null;
  }

  /** Whether a command waits for somebody to sign in; asks for that. */
  stops(command) {
    if (!this.locked || ALLOWED_WHILE_LOCKED.includes(command)) return false;
    this.ask();
    return true;
  }

  /** Whether a code read here is not rung since nobody is signed in: said aloud. */
  refuses(text) {
    if (!this.locked) return false;
    refusedTone();
    this.#till.say({ kind: "refused", text: t("staff.scan_refused", { text }) });
    return true;
  }

  /** Ask for leave to do what was refused. Answers a token, or null where nobody gave it. */
  leave(problem) {
    return new Promise((settle) => {
      this.#till.show(leavePanel(this.#till, this, problem, settle));
    });
  }

  /**
   * Write something of the staff's, never kept to be sent again. Answers null where it came to nothing, which is said:
   * by `refused`, and with `away` beside it where the agent does not answer.
   */
  async send(method, path, body, { refused, away } = {}) {
    try {
      return await write(method, path, body);
    } catch (error) {
      const text = [said(error), error instanceof Away && away].filter(Boolean).join(" ");
      if (refused) refused(text);
      else this.#till.say({ kind: "refused", text });
      return null;
    }
  }

  /** This shop needs no PINs: the question is not shown here again; the bar's button has it still. */
  skip() {
    try {
      localStorage.setItem(NO_PINS, "1");
    } catch {
      // A browser that keeps nothing asks again next time.
    }
    this.#draw();
    this.#till.home();
    this.#till.say({ kind: "note", text: t("staff.skipped") });
  }

  #draw() {
    const { staff, staff_set_up: setUp } = this.now;
    this.name.textContent = staff?.name ?? t(setUp ? "staff.nobody" : "staff.title");
    this.element.dataset.role = staff?.role ?? "";
    replace(this.notice, setUp || asked() ? null : el("p.banner.banner-staff", {},
      el("span", {}, t("staff.first")),
      el("button", { type: "button", "data-key": "staff-first", onclick: () => this.#till.command("staff") }, t("staff.set_up")),
      el("button", { type: "button", "data-key": "staff-skip", onclick: () => this.skip() }, t("staff.skip"))));
  }

  // Somebody is here: the agent's time until it locks the page begins anew.
  #here() {
    const now = performance.now();
    if (!this.now?.staff || !this.now.idle_lock_s || now - this.#seen < SEEN_MS) return;
    this.#seen = now;
    write("POST", "/v1/sign-in/seen").catch(() => { this.#seen = 0; }); // a page that is locked hears of it by itself
  }
}

function asked() {
  try {
    return localStorage.getItem(NO_PINS) === "1";
  } catch {
    return false;
  }
}
