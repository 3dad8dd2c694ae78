// What a line of a sale is called.

import { t } from "./words.js";

/** A deposit and its return stand under the name of what came in them. */
export function lineName(line) {
  if (line.deposit_of) return t("line.deposit", { name: line.name });
  return line.empties ? t("line.empties", { name: line.name }) : line.name;
}

/** A name as a button has room for; whole, it stands in the basket beside it. */
export function shortName(name) {
  return name.length > NAME_CHARS_MAX ? `${name.slice(0, NAME_CHARS_MAX - 1).trimEnd()}…` : name;
}

const NAME_CHARS_MAX = 34; // two rows of half a small screen
