// Card data is never taken, shown or kept: what a card number or a magnetic stripe looks like, by the agent's own rule
// (agent/card_guard.py, which has the last word). A keyboard-wedge scanner with a stripe reader types a whole track.

const GROUPS = /\d+(?:[\s.\-\u2010-\u2015\u2212]{1,3}\d+)*/g;
// With anything else between, it is one where the groups are a card's and the same stands between them all; but not the
// GS that parts the fields of a GS1 code.
const ANY = "((?:[^\\p{L}\\p{N}_\\x0e-\\x1f]|_){1,4})";
const PARTED = new RegExp(`(?<!\\d)\\d{4}(?:${ANY}\\d{4}\\1\\d{4}\\1\\d{1,7}|${ANY}\\d{6}\\2\\d{4,5})(?!\\d)`, "gu");
const PHONE = /\+\d(?:[\s()./-]{0,3}\d){6,12}(?!\d)/g; // E.164, and what people put between
const TRACKS = [
  /%?B\d{12,19}\^/i, // track 1, ISO/IEC 7813: format code, number, separator
  /\d{12,19}=\d{4}/, // track 2: number, separator, expiry
  /\d{12,19}D\d{7}/i, // track 2 as a chip gives it: the separator is D; expiry and service code
];
const DIGITS_MIN = 13; // shorter card numbers went out of use in the 1990s
const DIGITS_MAX = 19; // ISO/IEC 7812-1
const EAN_DIGITS = 13; // one in ten passes Luhn too: a product's number is no card's
const TYPED_ON = /^(?:\d{3}|(?:(?:0[1-9]|1[0-2])\d\d|\d\d(?:0[1-9]|1[0-2]))(?:\d{3})?)$/; // a code, an expiry, or both
const TYPED_ON_MAX = 7; // digits
const BEFORE_IT = [15, 16]; // digits of the number that something was typed on to
const AIM = /^\][A-Za-z][0-9A-Za-z]/; // what a scanner may send before a code: its digit is none of the code's
const ARTICLE = /^(?:\d{8}|\d{12,14})$/; // as long as an article's number is, misread or not
const WITH_ADD_ON = /^(\d{13})(?:\d{2}|\d{5})$/; // a magazine's or a book's
const SCANNED = ["data", "barcode"]; // fields of a request that hold a code

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
  const plain = [...text.normalize("NFKC")].filter((char) => !/\p{Cf}/u.test(char)).map(digit).join("");
  if (TRACKS.some((track) => track.test(plain))) return true;
  if ((plain.match(PARTED) ?? []).some((found) => isCardAndMore(found.replace(/\D/g, "")))) return true;
  return (plain.replace(PHONE, "+").match(GROUPS) ?? []).some((run) => cardIn(run.match(/\d+/g)));
}

/** Whether what a scanner sent, or somebody typed as a code, is card data: an article's number is none. */
export function scanHoldsCardData(text) {
  const code = text.replace(AIM, "");
  const [, article] = WITH_ADD_ON.exec(code) ?? [];
  if (ARTICLE.test(code) || (article && leftOver(article, gtin) === 0)) return false;
  return holdsCardData(code);
}

/** Whether any text of a request's body does, but for names that the agent gave. */
export function bodyHoldsCardData(body, name = "") {
  if (typeof body === "string") return SCANNED.includes(name) ? scanHoldsCardData(body) : holdsCardData(body);
  if (body === null || typeof body !== "object") return false;
  return Object.entries(body).some(([field, value]) => !OWN.includes(field) && bodyHoldsCardData(value, field));
}

// Digits of every script stand in tens, from 0 on.
function digit(char) {
  if (!/\p{Nd}/u.test(char) || /[0-9]/.test(char)) return char;
  let zero = char.codePointAt(0);
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((char.codePointAt(0) - zero) % 10);
}

// Neighbouring groups of digits, taken together.
function cardIn(groups) {
  return groups.some((_, first) => groups.slice(first).some((__, more) => {
    const digits = groups.slice(first, first + more + 1).join("");
    return digits.length <= DIGITS_MAX + TYPED_ON_MAX && isCardAndMore(digits);
  }));
}

// A card number, or one with its expiry, its code or both typed on.
function isCardAndMore(digits) {
  return isCardNumber(digits) || BEFORE_IT.some((length) => TYPED_ON.test(digits.slice(length)) && isCardNumber(digits.slice(0, length)));
}

function isCardNumber(digits) {
  const { length } = digits;
  if (length < DIGITS_MIN || length > DIGITS_MAX || leftOver(digits, luhn) !== 0) return false;
  if (length === EAN_DIGITS && leftOver(digits, gtin) === 0) return false;
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
