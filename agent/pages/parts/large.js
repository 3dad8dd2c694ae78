// An amount in the largest type that it has room in.

import { el } from "./dom.js";

const LONG_CHARS = 12; // 123.456,78 € fits half a small screen in full size
const LONGEST_CHARS = 15;

/** A <strong> of class `name`, smaller where the amount is long: the style sheet has `.long` and `.longest`. */
export function large(name, amount) {
  const size = amount.length > LONGEST_CHARS ? ".longest" : amount.length > LONG_CHARS ? ".long" : "";
  return el(`strong.${name}${size}`, {}, amount);
}
