// What a line of a sale is called.

import { t } from "./words.js";

/** A deposit and its return stand under the name of what came in them. */
export function lineName(line) {
  if (line.deposit_of) return t("line.deposit", { name: line.name });
  return line.empties ? t("line.empties", { name: line.name }) : line.name;
}
