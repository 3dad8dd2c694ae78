// Saving: what would change is shown on demand; what was written is taken up by the agent, or it says what a person does.

import { Away, Problem, newKey, read, write } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { answersOf } from "./draft.js";

const AGAIN_MS = 400;
const BACK_MS_MAX = 60_000; // a slow PC with a large journal; usually a second

/** The bar with the buttons. `draft()` is what is answered now; `saved()` is called once the agent goes by it. */
export class Saving {
  #state = { said: "", wrong: [], changes: null, busy: false };
  #draft;
  #drawn;
  #saved;

  constructor({ draft, drawn, saved }) {
    this.#draft = draft;
    this.#drawn = drawn;
    this.#saved = saved;
  }

  bar(may) {
    const { said, wrong, changes, busy } = this.#state;
    return [
      wrong.map((one) => el("p.setup-wrong", { role: "alert" }, one)),
      changes !== null && el("pre.config-lines", { tabindex: 0, "aria-label": t("setup.save.changes") }, changes.join("\n") || t("setup.save.nothing")),
      el("div.device-keys", {},
        el("button.primary", { type: "button", "data-key": "setup-save", disabled: busy || !may, onclick: () => void this.#do(true) }, t("setup.save")),
        el("button", { type: "button", "data-key": "setup-show", disabled: busy, onclick: () => void this.#do(false) }, t("setup.save.changes")),
        el("p.setup-said", { role: "status" }, may ? said : t("setup.save.may_not"))),
    ];
  }

  async #do(writes) {
    this.#become({ said: t(writes ? "setup.save.doing" : "devices.looking"), wrong: [], changes: null, busy: true });
    try {
      const answer = writes ? await write("PUT", "/v1/setup", answersOf(this.#draft()), newKey()) : await write("POST", "/v1/setup/draft", answersOf(this.#draft()), newKey());
      if (!writes) this.#become({ said: gone(answer), wrong: [], changes: answer.changes, busy: false });
      else await this.#wrote(answer);
    } catch (error) {
      if (!(error instanceof Away || error instanceof Problem)) throw error;
      this.#become({ said: "", wrong: wrongs(error), changes: null, busy: false });
    }
  }

  async #wrote(answer) {
    const done = { wrong: [], changes: answer.changes, busy: false };
    if (!answer.written) this.#become({ ...done, said: answer.next ?? t("setup.save.nothing") });
    else if (!answer.restarts) this.#become({ ...done, said: `${t("setup.save.written")} ${answer.next}` });
    else {
      this.#become({ ...done, said: t("setup.save.taken_up"), busy: true });
      const since = (await read("/v1/status")).started_at;
      await write("POST", "/v1/setup/restart", {}, newKey());
      const back = await again(since);
      this.#become({ ...done, said: t(back ? "setup.save.done" : "devices.away") });
      if (back) await this.#saved();
    }
  }

  #become(state) {
    this.#state = state;
    this.#drawn();
  }
}

// Wait until an agent answers that was started after `since`.
async function again(since) {
  for (const until = Date.now() + BACK_MS_MAX; Date.now() < until;) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    try {
      if ((await read("/v1/status")).started_at !== since) return true;
    } catch (error) {
      if (!(error instanceof Away || error instanceof Problem)) throw error; // it is on its way
    }
  }
  return false;
}

function gone(answer) {
  return answer.comments_gone.length ? t("setup.save.comments", { comments: answer.comments_gone.join("; ") }) : t("setup.save.shown");
}

function wrongs(error) {
  if (error instanceof Away) return [t("devices.away")];
  const errors = error.body.errors ?? [];
  return errors.length ? errors.map((one) => t("setup.save.wrong", { field: one.field, found: one.found, expected: one.expected })) : [error.message];
}
