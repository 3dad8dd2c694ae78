// What this page knows of the agent's state: read, never invented. Anyone listens for "change".

import { Away, Problem, Unpaired, read } from "../parts/api.js";
import { t } from "../parts/words.js";

/** The address asks for a till that is not configured: whoever set the page up has to choose. */
export class NoSuchTill extends Error {
  constructor(wanted, tills) {
    super(t("till.none_such", { till: wanted, tills: tills.map(({ id }) => id).join(", ") }));
  }
}

const READ_SOON_MS = 15; // several events of one act (a line, a record, a print) make one reading
const AWAY_MS = 700; // a blink while the agent restarts a socket is not worth a banner
const RECALL_MS_MAX = 10 * 60_000; // a PC that lost its power with a customer at the counter is back by then
const RECALL_RECORDS = 10; // behind a sale stand its drawer's opening, a cash movement, perhaps the shift's end
const POLL_MS = 20_000; // should an event be missed: counts and lamps are never older than this

export class TillState extends EventTarget {
  id = null; // this till
  till = null; // GET /v1/tills/{id}
  sale = null; // the open sale or null
  status = null; // GET /v1/status
  last = null; // the record shown as the last one: its change, print state, drawer
  parked = [];
  drawer = null; // the latest word on the drawer: {state, reason}
  live = false; // whether events are heard
  away = false; // and for how long they were not: long enough to say so
  unpaired = false;
  #timer;
  #awayTimer;
  #reading = Promise.resolve();
  version = 0; // grows with every other sale that is taken: what was asked for before that is older
  #saleOf = new WeakMap(); // a line as it was told -> its sale's id: lines are numbered from 1 in every sale
  #dirty = new Set();

  /** Start with what the address says (`?till=`) or the first till there is. Raises `NoSuchTill`. */
  async start() {
    const wanted = new URLSearchParams(location.search).get("till");
    const status = await read("/v1/status");
    const tills = status.tills ?? [];
    if (wanted !== null && !tills.some((till) => till.id === wanted)) throw new NoSuchTill(wanted, tills);
    this.id = wanted ?? tills[0]?.id;
    this.status = status;
    await this.#readTill();
    this.changed();
    setInterval(() => this.soon("till", "status"), POLL_MS);
  }

  /**
   * Take the till's newest sale or refund as the last one, where none is being rung and it was just now: a page that was
   * loaded anew still shows the change that a customer waits for, and what became of the receipt.
   */
  async recall(now = Date.now()) {
    if (!this.sale?.lines.length && !this.sale?.taken_back) await this.recallWithin(RECALL_MS_MAX, now);
  }

  /** Take the newest one as the last, where it is no older than `ms`, whatever this page takes to be open. */
  async recallWithin(ms, now = Date.now()) {
    const { records } = await read(`/v1/records?till=${encodeURIComponent(this.id)}&limit=${RECALL_RECORDS}`).catch((error) => {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      return { records: [] }; // selling begins all the same
    });
    const newest = records.find(({ kind }) => ["sale", "refund"].includes(kind));
    if (newest && Math.abs(now - Date.parse(newest.occurred_at)) <= ms) this.takeRecord(newest);
  }

  get store() {
    return this.status?.store ?? {};
  }

  /** This till's own devices. */
  get devices() {
    const { scanner, printer, drawer, scale, display } = this.till ?? {};
    return (this.status?.devices ?? []).filter(({ name }) => [scanner, printer, drawer, scale, display].includes(name));
  }

  get clouds() {
    return Object.entries(this.status?.clouds ?? {}).map(([name, cloud]) => ({ name, ...cloud }));
  }

  /** Read parts of the state again, shortly: "till", "status", "last". */
  soon(...parts) {
    for (const part of parts) this.#dirty.add(part);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), READ_SOON_MS);
  }

  /** Take a sale as the agent just told it: newer than anything read before. */
  takeSale(sale) {
    if (sale?.till !== this.id || this.#isOfAnother(sale)) return;
    const before = this.sale;
    if (sale.state === "open") this.#put(sale);
    else if (sale.id === this.sale?.id) this.#put(null);
    if (sale.state !== "open" || sale.id !== before?.id) this.soon("till"); // what is parked, the shift it opened
    if (!same(before, this.sale)) this.changed(); // told twice, by the answer and by the event, it is drawn once
  }

  /**
   * Take a sale as the answer to a request that was made at `since`, a version, told it. Where another was told meanwhile
   * only a reading says which is newer: the answer to a key that is sent again is the one of then.
   */
  takeAnswer(sale, since) {
    if (since === this.version || sale.state !== "open") this.takeSale(sale);
    else if (!same(sale, this.sale)) this.soon("till");
  }

  /** The id of the sale that a line is of, whichever is open now. */
  saleOf(line) {
    return this.#saleOf.get(line);
  }

  /** A line as it stands by now; one of a sale that is closed, as it was. */
  lineNow(line) {
    const open = this.saleOf(line) === this.sale?.id ? this.sale.lines : [];
    return open.find(({ id }) => id === line.id) ?? line;
  }

  #put(sale) {
    if (!same(sale, this.sale)) this.version += 1;
    this.sale = sale;
    for (const line of sale?.lines ?? []) this.#saleOf.set(line, sale.id);
  }

  // A till that trains shows training's sales, and any other none of them.
  #isOfAnother({ training }) {
    return this.till !== null && Boolean(training) !== Boolean(this.till.training);
  }

  /** Sale `id` is closed: if it was the open one, a reading begun before does not bring it back. */
  endSale(id) {
    if (id === this.sale?.id) this.#put(null);
    this.soon("till");
  }

  /** Show `record` as the last one; its print outcome is followed. */
  takeRecord(record) {
    if (this.#isOfAnother(record)) return;
    if (record.id !== this.last?.id) this.drawer = null; // what is heard of it from now on is about this one
    this.last = record;
    this.changed();
    this.soon("last", "status");
  }

  /** Take the opening or the closing of this till's shift as the agent just told it. */
  takeShift(record) {
    const { id, occurred_at: openedAt, automatic, float } = record;
    const shift = record.kind === "shift_open" ? { id, opened_at: openedAt, automatic, float, left_open: false } : null;
    this.knowShift(shift);
  }

  /** Take the shift that is open at this till, as it stands in `GET /v1/tills/{id}`, or null. */
  knowShift(shift) {
    this.till = { ...this.till, shift };
    this.changed();
  }

  heard(event) {
    if (event.till !== undefined && event.till !== this.id) return;
    switch (event.type) {
      case "sale":
        this.takeSale(event.sale);
        break;
      case "record": // told before the sale that it closes: the change on show is never the last customer's
        if (["sale", "refund"].includes(event.record.kind)) this.takeRecord(event.record);
        this.soon("till", "status");
        break;
      case "print": this.soon(...(["unknown", "printed", "not_printed"].includes(event.state) ? ["last", "till"] : ["last"])); break;
      case "training": // what is on show is of the other journal
        this.#put(null);
        this.last = null;
        this.changed();
        this.soon("till", "status");
        break;
      case "device":
        if (event.device.kind !== "scale" || this.#isNews(event.device)) this.soon("status");
        break;
      case "drawer":
        if (event.drawer !== this.till?.drawer) return;
        if (event.record_id && event.opened_for === this.last?.receipt_number) this.drawer = event; // tills may share one
        this.changed();
        break;
      case "shift":
        this.takeShift(event.shift);
        this.soon("till");
        break;
      case "card":
        if (this.till?.cards) this.till = { ...this.till, cards: { ...this.till.cards, payment: event.payment.open && !event.payment.left ? event.payment : null } };
        this.changed();
        this.soon("till");
        break;
      case "delivery": case "cloud": case "line": this.soon("status"); break;
      default: break;
    }
    this.dispatchEvent(new CustomEvent("heard", { detail: event }));
  }

  up() {
    this.live = true;
    clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
    this.away = false;
    this.changed();
    this.soon("till", "status", "last");
  }

  down() {
    this.live = false;
    this.#awayTimer ??= setTimeout(() => {
      this.away = true;
      this.changed();
      this.soon("status"); // tells an agent that is away from one that no longer knows this browser
    }, AWAY_MS);
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  // A pan that is looked at says something five times a second; only what the lamps show is read again.
  #isNews({ name, state }) {
    return this.status?.devices.find((known) => known.name === name)?.state !== state;
  }

  async #flush() {
    await this.#reading; // one reading at a time, so that an older answer never overwrites a newer one
    const parts = [...this.#dirty];
    this.#dirty.clear();
    if (!parts.length) return;
    const before = this.#known();
    this.#reading = this.#readParts(parts).catch((error) => {
      if (error instanceof Unpaired) this.unpaired = true;
      else if (!(error instanceof Away)) console.error(error); // the next event or poll reads again
    });
    await this.#reading;
    if (!same(before, this.#known())) this.changed();
  }

  #known() {
    return [this.till, this.sale, this.status, this.last, this.parked, this.unpaired];
  }

  async #readParts(parts) {
    const readers = { till: () => this.#readTill(), status: () => this.#readStatus(), last: () => this.#readLast() };
    await Promise.all(parts.map((part) => readers[part]()));
    this.unpaired = false;
  }

  async #readTill() {
    const { version } = this;
    const [till, parked] = await Promise.all([read(`/v1/tills/${this.id}`), read(`/v1/tills/${this.id}/parked`)]);
    this.till = till;
    if (version === this.version) this.#put(till.sale ?? null);
    this.parked = parked.sales;
  }

  async #readStatus() {
    this.status = await read("/v1/status");
  }

  async #readLast() {
    if (!this.last?.receipt_number) return;
    const number = this.last.receipt_number;
    const record = await read(`/v1/records/${encodeURIComponent(number)}`);
    if (this.last?.receipt_number === number) this.last = record;
  }
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
