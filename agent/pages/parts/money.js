// Money is an integer count of minor units; here it is read and written, never calculated in floats.

let locale = "en";
let currency = "EUR";
let digits = 2;
let pieces = []; // the store's coins and notes, the smallest first
let timeZone; // undefined: the browser's own
let format = formatted();

/**
 * Write money and times as the store of `GET /v1/status` does. How many decimals its currency has the agent says: a browser
 * knows how many are in use, which are none of the forint's two.
 */
export function chooseMoney(store) {
  currency = store.currency;
  digits = store.decimals;
  pieces = store.denominations?.length ? [...store.denominations].sort((one, other) => one - other) : series();
  timeZone = store.timezone;
  locale = Intl.NumberFormat.supportedLocalesOf([(store.locale ?? "en").replace("_", "-")])[0] ?? "en";
  format = formatted();
}

/** Write minor units as the store writes them. */
export function money(minor) {
  return format.format(plain(minor)); // a decimal string: Intl formats it exactly
}

/** Write minor units as a person would type them into a field: 12.50, or 12,50. */
export function typed(minor) {
  return plain(minor).replace(".", separator());
}

/** Read what a person typed ("20", "20,5", "1.234,50") as minor units, or null where it is no amount. */
export function parse(text) {
  const bare = text.replace(/[\s\u00a0'’]/g, "");
  const match = /^(\d*)(?:[.,](\d*))?$/.exec(group(bare));
  if (!match || (!match[1] && !match[2])) return null;
  const part = match[2] ?? "";
  if (part.length > digits) return null;
  const minor = Number((match[1] || "0") + part.padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Read a quantity ("2", "0,350") as the decimal string the agent takes, or null. */
export function parseQuantity(text) {
  const bare = text.trim().replace(",", ".");
  return /^\d{1,6}(\.\d{1,3})?$/.test(bare) && Number(bare) > 0 ? bare : null;
}

/** Write a quantity as the store does, with what it counts. */
export function quantity(text, unit) {
  const shown = text.replace(".", separator());
  return unit === "kg" ? `${shown} kg` : shown;
}

/** A price of a unit as the shelf says it. */
export function price(minor, unit) {
  return unit === "kg" ? `${money(minor)}/kg` : money(minor);
}

/** What customers are likely to hand over for `due`: exactly that, then what comes to more by pieces of one kind, or by one. */
export function cashOffers(due) {
  const offers = pieces.filter((piece) => piece * ALIKE_MAX >= due && piece < LARGE * due)
    .map((piece) => Math.ceil(due / piece) * piece)
    .filter((sum) => sum > due && (pieces.includes(sum) || !pieces.some((piece) => due <= piece && piece < sum)));
  return [due, ...new Set(offers.sort((one, other) => one - other))].slice(0, OFFERS_MAX);
}

const OFFERS_MAX = 6; // two rows of three large buttons
const ALIKE_MAX = 10; // pieces of one kind: with more, small coins would take the place of the notes
const LARGE = 25; // times what is due: a note larger than that is an exception, and can be typed

// Where nobody named the coins and notes: 1, 2, 5, 10 and so on, as most currencies have them.
function series() {
  return Array.from({ length: 11 }, (_, power) => [1, 2, 5].map((first) => first * 10 ** power)).flat();
}

/** How many decimals the currency has. */
export function decimals() {
  return digits;
}

/** What stands between whole and part in this locale. */
export function separator() {
  return format.formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";
}

/** A time of day as the store writes it. */
export function clock(iso) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(iso));
}

/** An hour of the store's day (`2028-06-15T09`) as the store writes it. */
export function hour(text) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).format(new Date(`${text}:00Z`));
}

/** A date (`2028-06-15`) as the store writes it. */
export function day(date) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${date}T00:00Z`));
}

/** The latest date of birth of who is `age` years old today, in the store: `2008-06-15`. */
export function bornBy(age, now = new Date()) {
  const [year, month, date] = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone }).format(now).split("-").map(Number);
  const days = new Date(Date.UTC(year - age, month, 0)).getUTCDate(); // nobody is born on a 29 February that there was not
  return new Date(Date.UTC(year - age, month - 1, Math.min(date, days))).toISOString().slice(0, 10);
}

/** A day and time as the store writes them; with its year where that is not the store's own by `now`. */
export function when(iso, now = new Date()) {
  const date = new Date(iso);
  const year = yearOf(date) === yearOf(now) ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale, { year, day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone }).format(date);
}

function yearOf(date) {
  return new Intl.DateTimeFormat("en", { year: "numeric", timeZone }).format(date);
}

// The digits are those that fields, quantities and receipts have, in every language.
function formatted() {
  return new Intl.NumberFormat(locale, { style: "currency", currency, numberingSystem: "latn", minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function plain(minor) {
  const sign = minor < 0 ? "-" : "";
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  return digits ? `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}` : `${sign}${text}`;
}

function group(text) {
  // "1.234,50" and "1,234.50": with both marks there, the first kind is for thousands.
  const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  const first = Math.min(...[text.indexOf("."), text.indexOf(",")].filter((i) => i >= 0));
  return text.includes(".") && text.includes(",") && first < last
    ? text.slice(0, last).replace(/[.,]/g, "") + text.slice(last)
    : text;
}
