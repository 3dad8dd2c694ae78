// The customer's screen: follows one till's sale. It reads and shows; it changes nothing and asks for nothing.

import { Away, Problem, Unpaired } from "../parts/api.js";
import { replace } from "../parts/dom.js";
import { listen } from "../parts/events.js";
import { chooseMoney } from "../parts/money.js";
import { chooseLanguage, t } from "../parts/words.js";
import { addressHasCode, pair } from "../till/pairing.js";
import { NoSuchTill, TillState } from "../till/state.js";
import { away, done, misled, sale, training, welcome } from "./views.js";

const DONE_MS = 20_000; // the change stays as long as on a display of two lines
const FIRST_ANSWER_MS = 1_000; // between tries while the agent has not answered at all yet

const root = document.getElementById("customer");
const state = new TillState();
let shownRecord = null; // the id of the record whose change is, or was, on show
let doneUntil = 0;
let drawn = "";

chooseLanguage();
await firstAnswer();
chooseLanguage(state.store.locale);
chooseMoney(state.store);
document.title = t("customer.title", { store: state.store.name ?? "" });
state.addEventListener("change", draw);
listen({
  onEvent: (event) => state.heard(event),
  onUp: () => {
    state.up();
    state.recallWithin(DONE_MS).catch((error) => { // a sale that ended while nothing was heard
      if (!(error instanceof Unpaired)) throw error; // the state's own reading finds that out, too
    });
  },
  onDown: () => state.down(),
});
draw();

async function firstAnswer() {
  if (addressHasCode()) await pair(root);
  for (;;) {
    try {
      await state.start();
      return;
    } catch (error) {
      if (error instanceof Unpaired) await pair(root);
      else if (error instanceof Away || error instanceof Problem || error instanceof NoSuchTill) {
        replace(root, error instanceof NoSuchTill ? misled(error.message) : away());
        await new Promise((resolve) => { setTimeout(resolve, FIRST_ANSWER_MS); });
      } else throw error;
    }
  }
}

function draw() {
  if (state.unpaired) {
    location.reload(); // it asks for the six digits again
    return;
  }
  const { last } = state;
  if (last && last.id !== shownRecord) {
    shownRecord = last.id;
    doneUntil = Date.now() + DONE_MS;
    setTimeout(draw, DONE_MS);
  }
  const [shown, view] = chosen();
  const what = state.till?.training ? `${shown} in training` : shown;
  if (what === drawn) return; // a reading that brought nothing new moves nothing
  drawn = what;
  root.dataset.shows = what.split(" ", 1)[0];
  replace(root, state.till?.training && training(), view());
  root.querySelector(".line-latest")?.scrollIntoView({ block: "nearest" });
}

/** What is to be shown: a text that changes when it does, and the view. */
function chosen() {
  const open = state.sale?.lines.length || state.sale?.taken_back ? state.sale : null;
  if (state.away) return ["away", away];
  if (open) return [`sale ${JSON.stringify(open)}`, () => sale(open)];
  if (state.last && Date.now() < doneUntil) return [`done ${state.last.id}`, () => done(state.last)];
  return ["welcome", () => welcome(state.store.name ?? "")];
}
