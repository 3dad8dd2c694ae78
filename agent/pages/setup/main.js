// The set-up page: the store, what hangs on it, saved by the agent, then each device tried and this PC checked.

import { Away, Problem, Unpaired, read } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { listen } from "../parts/events.js";
import { chooseMoney } from "../parts/money.js";
import { chooseLanguage, t } from "../parts/words.js";
import { checks } from "../devices/checks.js";
import { addressHasCode, pair } from "../till/pairing.js";
import { draftOf } from "./draft.js";
import { addedCards, foundCards, networkPrinter, tillFields } from "./hang.js";
import { Saving } from "./save.js";
import { storeFields } from "./store.js";
import { Tries } from "./tries.js";

const LOOK_MS = 2_000; // a device that is plugged in shows within two seconds
const AGAIN_MS = 1_000; // while the agent does not answer
const CHECKS_MS_MAX = 60_000; // three looks at a dead line, ten seconds each, and a disk that wakes up
const LATER = "stillopen.setup-later"; // the till page leads here once a tab, and no more after that

const root = document.getElementById("setup");
const seen = { setup: null, plugged: null, devices: [], away: false, checks: null, checking: false, checksSaid: "" };
const tries = new Tries(() => drawTries());
const saving = new Saving({ draft: () => draft, drawn: () => drawSaves(true), saved: async () => { await begin(); await look(); } });
let draft = null;
let frame = null;
let looking = false;
let foundDrawn = "";
let triesDrawn = "";

chooseLanguage();
await begin();
listen({ onEvent: heard, onUp: () => void look(), onDown: () => away(true) });
setInterval(() => { if (document.visibilityState === "visible") void look(); }, LOOK_MS);
await look();

// Read what is configured, and draw all of the form anew.
async function begin() {
  const [status, setup] = await first();
  chooseLanguage(status.store.locale);
  chooseMoney(status.store);
  document.title = t("setup.title");
  seen.setup = setup;
  draft = draftOf(setup, { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "", locale: here() });
  build();
}

async function first() {
  if (addressHasCode()) await pair(root);
  for (;;) {
    try {
      return await Promise.all([read("/v1/status"), read("/v1/setup")]);
    } catch (error) {
      if (error instanceof Unpaired) await pair(root);
      else if (error instanceof Away || error instanceof Problem) {
        replace(root, el("main.alone", {}, el("p", { role: "alert" }, error instanceof Away ? t("devices.away") : error.message)));
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      } else throw error;
    }
  }
}

// The browser's language and country as the configuration has them: de_DE.
function here() {
  return /^([a-z]{2,3})-([A-Z]{2})$/.test(navigator.language) ? navigator.language.replace("-", "_") : navigator.language.slice(0, 2);
}

function heard(event) {
  if (event.type === "device") void look();
  void tries.heard(event);
}

async function look() {
  if (looking) return; // the next one is never far
  looking = true;
  try {
    [seen.devices, seen.plugged] = await Promise.all([read("/v1/devices").then((answer) => answer.devices), read("/v1/devices/found")]);
    away(false);
  } catch (error) {
    if (error instanceof Unpaired) location.reload(); // it asks for the six digits again
    else if (error instanceof Away || error instanceof Problem) away(true);
    else throw error;
  } finally {
    looking = false;
  }
  drawFound();
  drawTries();
}

async function examine() {
  Object.assign(seen, { checking: true, checksSaid: "" });
  drawChecks();
  try {
    seen.checks = (await read("/v1/doctor", CHECKS_MS_MAX)).checks;
  } catch (error) {
    if (!(error instanceof Away || error instanceof Problem)) throw error;
    seen.checksSaid = error instanceof Away ? t("devices.away") : error.message;
  }
  seen.checking = false;
  drawChecks();
}

function build() {
  const column = () => el("div.devices-column");
  frame = { away: el("p.banner.banner-away", { role: "alert", hidden: true }, t("devices.away")), found: column(), added: column(), tills: column(), saves: el("div.setup-saves"), tries: column(), checks: column() };
  const part = (number, title, about, ...children) => el("section.setup-part", { "aria-label": t(title) },
    el("h2", {}, `${number}. ${t(title)}`), about && el("p.quiet", {}, t(about)), children);
  const changed = () => { drawFound(true); drawTills(); };
  replace(root, el("main.devices", {},
    el("header.devices-top", {}, el("h1", {}, t("setup.title")),
      el("a", { href: "/devices" }, t("devices.title")),
      el("a", { href: "/", "data-key": "setup-later", onclick: () => sessionStorage.setItem(LATER, "1") }, t("devices.till"))),
    frame.away,
    el("p", {}, t(seen.setup.needed ? "setup.about" : "setup.about_again", { config: seen.setup.config })),
    seen.setup.next && el("p.banner.banner-away", {}, t("setup.waits"), " ", el("code", {}, seen.setup.next)),
    !seen.setup.writable && el("p.banner.banner-away", {}, t("setup.not_writable", { config: seen.setup.config })),
    el("div.devices-columns", {},
      part(1, "setup.store", "", storeFields(draft, () => {})),
      part(2, "setup.hang", "setup.hang.about", frame.found, frame.added, networkPrinter(draft, changed), frame.tills)),
    frame.saves,
    el("div.devices-columns", {},
      part(3, "setup.try", "setup.try.about", frame.tries),
      part(4, "setup.check", "", frame.checks, seen.setup.clouds.map(({ name }) => el("p", {}, t("setup.cloud", { name }), " ", el("code", {}, `stillopen cloud connect ${name}`)))))));
  foundDrawn = triesDrawn = "";
  changed();
  drawSaves();
  drawTries();
  drawChecks();
}

function drawFound(anew = false) {
  const now = JSON.stringify(seen.plugged);
  if (now === foundDrawn && !anew) return; // what has not changed is not drawn over
  foundDrawn = now;
  const changed = () => { drawFound(true); drawTills(); };
  replace(frame.found, foundCards(draft, seen.plugged, changed));
  replace(frame.added, addedCards(draft, seen.plugged, changed));
}

function drawTills() {
  replace(frame.tills, tillFields(draft, drawTills));
}

function drawSaves(shown = false) {
  replace(frame.saves, saving.bar(seen.setup.may));
  if (shown) frame.saves.scrollIntoView({ block: "nearest" }); // what it says may be longer than the screen has left
}

function drawTries() {
  const now = JSON.stringify([seen.devices, tries.seen]);
  if (!frame || now === triesDrawn) return;
  triesDrawn = now;
  replace(frame.tries, tries.cards(seen.devices));
}

function drawChecks() {
  replace(frame.checks, checks(seen, () => void examine()));
}

function away(is) {
  seen.away = is;
  if (frame) frame.away.hidden = !is;
}
