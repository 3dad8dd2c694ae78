// Card data is never taken, shown or kept: what a card number or a magnetic stripe looks like, by the agent's own rule
// (agent/card_guard.py, which has the last word). A keyboard-wedge scanner with a stripe reader types a whole track.

const GROUPS = /\d+(?:[ \t.\-\u2010-\u2015]{1,3}\d+)*/g; // not over the GS of a GS1 code
const TRACKS = [
  /%?B\d{12,19}\^/i, // track 1, ISO/IEC 7813: format code, number, separator
  /\d{12,19}=\d{4}/, // track 2: number, separator, expiry
  /\d{12,19}D\d{7}/i, // track 2 as a chip gives it: the separator is D; expiry and service code
];
const DIGITS_MIN = 13; // shorter card numbers went out of use in the 1990s
const DIGITS_MAX = 19; // ISO/IEC 7812-1
const GTIN_DIGITS = [13, 14]; // one in ten passes Luhn too: a product's number is no card's

// [lowest, highest] first digits, and the fewest and the most digits in use with them; Visa has four lengths.
const ISSUERS = [
  ["4", "4", 13, 13], ["4", "4", 16, 16], ["4", "4", 18, 19], // Visa
  ["51", "55", 16, 16], ["2221", "2720", 16, 16], // Mastercard
  ["34", "34", 15, 15], ["37", "37", 15, 15], // American Express
  ["300", "305", 14, 19], ["3095", "3095", 14, 19], ["36", "36", 14, 19], ["38", "39", 14, 19], // Diners Club
  ["6011", "6011", 16, 19], ["644", "659", 16, 19], // Discover
  ["3528", "3589", 16, 19], // JCB
  ["62", "62", 16, 19], ["81", "81", 16, 19], // UnionPay
  ...["5018", "5020", "5038", "5612", "5893", "6304", "6390", "67"].map((first) => [first, first, 13, 19]), // Maestro
];
const OWN = ["sku", "sale", "customer", "line", "lines", "receipt_number"]; // the agent's and the catalogue's: nobody types them

/** Whether a text holds a card number or a magnetic track, however it is grouped. */
export function holdsCardData(text) {
  const plain = text.normalize("NFKC");
  if (TRACKS.some((track) => track.test(plain))) return true;
  return (plain.match(GROUPS) ?? []).some((run) => cardIn(run.match(/\d+/g)));
}

/** Whether any text of a request's body does, but for names that the agent gave. */
export function bodyHoldsCardData(body) {
  if (typeof body === "string") return holdsCardData(body);
  if (body === null || typeof body !== "object") return false;
  return Object.entries(body).some(([name, value]) => !OWN.includes(name) && bodyHoldsCardData(value));
}

// Neighbouring groups of digits, taken together.
function cardIn(groups) {
  return groups.some((_, first) => groups.slice(first).some((__, more) => isCardNumber(groups.slice(first, first + more + 1).join(""))));
}

function isCardNumber(digits) {
  const { length } = digits;
  if (length < DIGITS_MIN || length > DIGITS_MAX || leftOver(digits, luhn) !== 0) return false;
  if (GTIN_DIGITS.includes(length) && leftOver(digits, gtin) === 0) return false;
  return ISSUERS.some(([low, high, fewest, most]) => {
    const begin = digits.slice(0, low.length);
    return low <= begin && begin <= high && fewest <= length && length <= most;
  });
}

// Of the digits' weighed sum, by ten: 0 where the check digit is right. Places count from the right.
function leftOver(digits, weigh) {
  return [...digits].reverse().reduce((sum, digit, place) => sum + weigh(Number(digit), place % 2), 0) % 10;
}

function luhn(digit, odd) {
  const value = digit * (1 + odd);
  return value > 9 ? value - 9 : value;
}

function gtin(digit, odd) {
  return digit * (1 + 2 * odd);
}
