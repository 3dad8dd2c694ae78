// An EAN-13 as bars. Source: GS1 General Specifications, section 5.2 (symbol character sets A, B and C).

import { svg } from "../parts/dom.js";

const A = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"];
const C = A.map((code) => [...code].map((bit) => (bit === "1" ? "0" : "1")).join(""));
const B = C.map((code) => [...code].reverse().join(""));
const PARITY = ["AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"];
const GUARD = "101";
const CENTRE = "01010";
const QUIET = 9; // modules of white that a scanner needs left and right
const WIDTH = 95 + 2 * QUIET;
const HEIGHT = 44;

/** The 95 modules of the symbol, "1" for a bar. `digits` are thirteen, check digit included. */
export function modules(digits) {
  const left = [...PARITY[digits[0]]].map((set, i) => (set === "A" ? A : B)[digits[i + 1]]).join("");
  const right = [...digits.slice(7)].map((digit) => C[digit]).join("");
  return GUARD + left + CENTRE + right + GUARD;
}

/** The symbol as an SVG; black on white in any colour scheme, because scanners need it so. */
export function ean13(digits) {
  const bits = modules(digits);
  const bars = [];
  for (let at = 0; at < bits.length; at += 1) {
    if (bits[at] !== "1") continue;
    let wide = 1;
    while (bits[at + wide] === "1") wide += 1;
    bars.push(`M${QUIET + at} 0h${wide}v${HEIGHT - 9}h-${wide}z`);
    at += wide;
  }
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "ean13", "aria-hidden": "true" },
    svg("rect", { width: WIDTH, height: HEIGHT, fill: "#fff" }),
    svg("path", { d: bars.join(""), fill: "#000" }),
    svg("text", { x: WIDTH / 2, y: HEIGHT - 1, "font-size": 8, "text-anchor": "middle", fill: "#000" }, digits));
}
