// The first visit: six digits that only someone at this PC can have.

import { Away, Problem, newKey, write } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";

const CODE = /^[0-9]{6}$/;

/** Pair this browser: by the code in the address (`#pair=123456`), else by asking. Answers when paired. */
export async function pair(root) {
  const given = codeFromAddress();
  const refusal = given ? await tryCode(given) : "";
  if (given && refusal === null) return;
  await new Promise((resolve) => ask(root, refusal, resolve));
}

/** Whether the address brings a code along, as the one `stillopen demo` opens does. */
export function addressHasCode() {
  return new URLSearchParams(location.hash.slice(1)).has("pair");
}

function codeFromAddress() {
  const code = new URLSearchParams(location.hash.slice(1)).get("pair");
  if (code === null) return null;
  history.replaceState(null, "", location.pathname + location.search); // a code is nobody else's to see
  return CODE.test(code) ? code : null;
}

// Answers null when paired, else what to tell.
async function tryCode(code) {
  try {
    await write("POST", "/v1/pairings", { code }, newKey());
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    if (error instanceof Away) return t("pair.away");
    throw error;
  }
}

function ask(root, refusal, done) {
  const error = el("p.field-error", { role: "alert", hidden: !refusal }, refusal);
  const input = el("input.pair-input", {
    type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, "aria-label": t("pair.field"),
  });
  const complain = (text) => {
    error.textContent = text;
    error.hidden = false;
    input.focus();
    input.select();
  };
  const submit = async (event) => {
    event.preventDefault();
    if (!CODE.test(input.value)) return complain(t("pair.bad"));
    const said = await tryCode(input.value);
    return said === null ? done() : complain(said);
  };
  replace(root, el("main.alone", {}, el("form.pairing", { onsubmit: submit },
    el("h1", {}, t("pair.title")), el("p", {}, t("pair.how")), el("code.command-line", {}, "stillopen pair"),
    el("label.field", {}, el("span.field-label", {}, t("pair.field")), input), error,
    el("button.primary", { type: "submit" }, t("pair.do")))));
  input.focus();
}
