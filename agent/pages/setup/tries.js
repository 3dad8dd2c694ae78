// Trying what the till goes by now: a test receipt and the drawer are looked at by somebody, a scan is echoed.

import { Away, Problem, newKey, read, write } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { deviceCard } from "../till/lamps.js";

const SCAN_S = 30; // for a person to take the scanner and something off the shelf
const PRINTED_MS_MAX = 30_000; // a printer that has not answered by then will not
const LOOK_MS = 300;
const ORDER = ["printer", "drawer", "scanner", "scale", "display"]; // a drawer hangs on a printer
const LOOKED_AT = ["printer", "drawer", "display"]; // nobody but a person can say whether these did it

/** The tries of a page: `cards(devices)` draws them, `heard(event)` takes the scans; `changed()` is told to draw. */
export class Tries {
  #of = {}; // by device: what was said, and whether somebody is to say what they saw
  #claim = null; // of the scanner that is being tried: its scans ring nothing meanwhile
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  cards(devices) {
    if (!devices.length) return el("p.quiet", {}, t("setup.try.none"));
    return [...devices].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)).map((device) => this.#card(device));
  }

  /** What is drawn of them, to be compared. */
  get seen() {
    return JSON.stringify(this.#of);
  }

  async heard(event) {
    if (event.type !== "scan" || event.scanner !== this.#claim?.device || event.till) return;
    const { device } = this.#claim;
    this.#say(device, event.problem ? { text: event.problem.detail } : { text: t("setup.try.read", { text: event.text }), good: true });
    await this.#release();
  }

  #card(device) {
    const { text = "", asks = false, good = false } = this.#of[device.name] ?? {};
    const card = deviceCard(device);
    card.dataset.device = device.name;
    card.append(el("div.device-keys", {}, el("button", {
      type: "button", "data-key": `try-${device.name}`, onclick: () => void this.#try(device),
    }, t(device.kind === "scanner" ? "setup.try.scan" : `devices.test.${device.kind}`))));
    if (text) card.append(el("p.device-said", { role: "status" }, good ? `✓ ${text}` : text));
    if (asks) {
      card.append(el("div.device-keys", {},
        el("button", { type: "button", "data-key": `yes-${device.name}`, onclick: () => this.#say(device.name, { text: t("setup.try.works"), good: true }) }, t("setup.try.yes")),
        el("button", { type: "button", "data-key": `no-${device.name}`, onclick: () => this.#say(device.name, { text: t(`setup.try.next.${device.kind}`) }) }, t("setup.try.no"))));
    }
    return card;
  }

  async #try(device) {
    this.#say(device.name, { text: t("setup.try.doing") });
    try {
      if (device.kind === "scanner") await this.#scan(device.name);
      else await this.#test(device);
    } catch (error) {
      if (!(error instanceof Away || error instanceof Problem)) throw error;
      this.#say(device.name, { text: error instanceof Away ? t("devices.away") : error.message });
    }
  }

  async #test(device) {
    let answer = await write("POST", `/v1/devices/${encodeURIComponent(device.name)}/test`, {}, newKey());
    const until = Date.now() + PRINTED_MS_MAX;
    while (device.kind === "printer" && answer.state === "pending" && Date.now() < until) {
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
      answer = await read(`/v1/jobs/${encodeURIComponent(answer.id)}`);
    }
    if (device.kind === "scale") this.#say(device.name, { text: t("devices.weighed", { weight: answer.weight, unit: answer.unit ?? "", next: "" }), good: true });
    else this.#say(device.name, { text: t(`setup.try.ask.${device.kind}`), asks: LOOKED_AT.includes(device.kind) });
  }

  async #scan(name) {
    await this.#release();
    this.#claim = await write("POST", "/v1/claims", { device: name, name: t("setup.title"), lease_s: SCAN_S }, newKey());
    this.#say(name, { text: t("setup.try.scan_now", { seconds: SCAN_S }) });
    const { id } = this.#claim;
    setTimeout(() => {
      if (this.#claim?.id !== id) return;
      this.#claim = null; // its lease has ended by itself
      this.#say(name, { text: t("setup.try.next.scanner") });
    }, SCAN_S * 1_000);
  }

  async #release() {
    const claim = this.#claim;
    this.#claim = null;
    if (claim) await write("DELETE", `/v1/claims/${encodeURIComponent(claim.id)}`, {}, newKey()).catch(() => {}); // it ends by itself soon
  }

  #say(name, said) {
    this.#of[name] = said;
    this.#changed();
  }
}
