// What stands above the sale while the agent is away, or cannot write.

import { Problem } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { t } from "../parts/words.js";

/** All there is of the page until the agent answers for the first time. */
export function noAnswer(error) {
  return el("div.alone", {}, el("div.banner.banner-away", { role: "alert" },
    el("strong", {}, t("away.title")), el("p", {}, error instanceof Problem ? error.message : t("away.next"))));
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
