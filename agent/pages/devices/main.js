// The devices page: every configured device live, everything that is plugged in, and a look at a wire.

import { Away, Problem, Unpaired, newKey, read, write } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { listen } from "../parts/events.js";
import { chooseMoney } from "../parts/money.js";
import { chooseLanguage, t } from "../parts/words.js";
import { addressHasCode, pair } from "../till/pairing.js";
import { checks } from "./checks.js";
import { configured } from "./configured.js";
import { found } from "./found.js";
import { versions } from "./versions.js";

const LOOK_MS = 1_500; // a device that is plugged in shows within two seconds; a look costs the agent 2 ms
const AGAIN_MS = 1_000; // while the agent does not answer
const CHECKS_MS_MAX = 60_000; // three looks at a dead line, ten seconds each, and a disk that wakes up

const root = document.getElementById("devices");
const seen = { devices: [], plugged: null, update: null, traces: {}, said: {}, away: false, checks: null, checking: false, checksSaid: "" };
let looking = false;
let drawn = "";

chooseLanguage();
const status = await first();
chooseLanguage(status.store.locale);
chooseMoney(status.store);
document.title = t("devices.title");
const frame = build();
listen({ onEvent: (event) => { if (event.type === "device" || event.type === "scan") look(); }, onUp: look, onDown: gone });
setInterval(() => { if (document.visibilityState === "visible") look(); }, LOOK_MS);
await look();

async function first() {
  if (addressHasCode()) await pair(root);
  for (;;) {
    try {
      return await read("/v1/status");
    } catch (error) {
      if (error instanceof Unpaired) await pair(root);
      else if (error instanceof Away || error instanceof Problem) {
        replace(root, el("main.alone", {}, el("p", { role: "alert" }, t("devices.away"))));
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      } else throw error;
    }
  }
}

async function look() {
  if (looking) return; // the next one is never far
  looking = true;
  try {
    [seen.devices, seen.plugged, seen.update] = await Promise.all([
      read("/v1/devices").then((answer) => answer.devices), read("/v1/devices/found"), read("/v1/update"),
    ]);
    for (const name of Object.keys(seen.traces)) seen.traces[name] = await read(trace(name));
    seen.away = false;
  } catch (error) {
    if (error instanceof Unpaired) location.reload(); // it asks for the six digits again
    else if (error instanceof Away || error instanceof Problem) seen.away = true;
    else throw error;
  } finally {
    looking = false;
  }
  draw();
}

function gone() {
  seen.away = true;
  draw();
}

async function test(device) {
  await told(device.name, async () => {
    const answer = await write("POST", `/v1/devices/${encodeURIComponent(device.name)}/test`, {}, newKey());
    if (answer.weight) return t("devices.weighed", { weight: answer.weight, unit: answer.unit ?? "", next: answer.next });
    return answer.next ?? t("devices.tested");
  });
}

async function watch(device, on) {
  await told(device.name, async () => {
    const answer = await write("POST", trace(device.name), { on }, newKey());
    if (on) seen.traces[device.name] = answer;
    else delete seen.traces[device.name];
    return "";
  });
}

async function examine() {
  seen.checking = true;
  seen.checksSaid = "";
  draw();
  try {
    seen.checks = (await read("/v1/doctor", CHECKS_MS_MAX)).checks;
  } catch (error) {
    if (error instanceof Unpaired) location.reload();
    else if (error instanceof Away || error instanceof Problem) seen.checksSaid = error instanceof Away ? t("devices.away") : error.message;
    else throw error;
  } finally {
    seen.checking = false;
  }
  draw();
}

async function takeBack(device) {
  await told(device.name, async () => {
    await write("DELETE", `/v1/devices/${encodeURIComponent(device.name)}/claim`, {}, newKey());
    return t("devices.taken_back");
  });
}

async function update(what) {
  await told("update", async () => {
    seen.update = await write("POST", `/v1/update/${what}`, {}, newKey());
    return what === "look" && seen.update.found === null && seen.update.trouble === null ? t("update.none") : "";
  });
}

async function told(name, act) {
  try {
    seen.said[name] = await act();
  } catch (error) {
    if (!(error instanceof Away || error instanceof Problem)) throw error;
    seen.said[name] = error instanceof Away ? t("devices.away") : error.message;
  }
  draw();
  look();
}

function trace(name) {
  return `/v1/devices/${encodeURIComponent(name)}/trace`;
}

function build() {
  const parts = { away: el("p.banner.banner-away", { role: "alert" }), left: el("section.devices-column"), right: el("section.devices-column"), below: el("section.devices-column"), versions: el("section.devices-column", { "data-part": "versions" }) };
  replace(root, el("main.devices", {},
    el("header.devices-top", {}, el("h1", {}, t("devices.title")), el("a", { href: "/setup" }, t("setup.title")), el("a", { href: "/" }, t("devices.till"))),
    parts.away, el("div.devices-columns", {}, parts.left, parts.right), parts.below, parts.versions));
  return parts;
}

function draw() {
  const now = JSON.stringify(seen);
  if (now === drawn) return; // what has not changed is not drawn over: somebody may be copying it
  drawn = now;
  frame.away.hidden = !seen.away;
  frame.away.textContent = t("devices.away");
  replace(frame.left, el("h2", {}, t("devices.configured")), configured(seen, { test, watch, takeBack }));
  replace(frame.right, el("h2", {}, t("devices.found")), found(seen.plugged));
  replace(frame.below, el("h2", {}, t("checks.title")), checks(seen, examine));
  replace(frame.versions, el("h2", {}, t("update.title")), versions(seen, update));
}
