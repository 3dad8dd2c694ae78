// What to say of a request that came to nothing.

import { Away, Problem } from "../parts/api.js";
import { t } from "../parts/words.js";

/** The agent's own words, or that it does not answer. Anything else is a bug, and thrown on. */
export function said(error) {
  if (error instanceof Away) return t("away.title");
  if (error instanceof Problem) return error.message;
  throw error;
}
