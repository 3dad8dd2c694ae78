// What stands above the sale while the agent is away, or cannot write.

import { Away, Problem } from "../parts/api.js";
import { el, replace } from "../parts/dom.js";
import { t } from "../parts/words.js";
import { NoSuchTill } from "./state.js";

const FIRST_ANSWER_MS = 1_000; // between tries while the agent has not answered at all yet

/** Show all there is of the page until the agent answers for the first time, until the next try. Raises any other `error`. */
export function noAnswer(root, error) {
  if (![Away, NoSuchTill, Problem].some((kind) => error instanceof kind)) throw error;
  replace(root, el("div.alone", {}, el("div.banner.banner-away", { role: "alert" },
    el("strong", {}, t(error instanceof NoSuchTill ? "till.none_such.title" : "away.title")),
    el("p", {}, error instanceof Away ? t("away.next") : error.message))));
  return new Promise((resolve) => { setTimeout(resolve, FIRST_ANSWER_MS); });
}

/** A banner over a page that is there; false where the agent is well. */
export function agentBanner(till) {
  const { away, status: { fault } } = till.state;
  const waiting = till.outgoing.waiting.length;
  if (away) {
    return el("div.banner.banner-away", { role: "alert" }, el("strong", {}, t("away.title")),
      el("span", {}, ` ${t("away.how")} ${waiting ? t("away.waiting", { n: waiting }) : ""} ${t("away.next")}`));
  }
  return Boolean(fault) && el("div.banner.banner-fault", { role: "alert" }, el("strong", {}, t("fault.title")), ` ${fault}`);
}
