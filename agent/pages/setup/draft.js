// What somebody answers, as values: begun from what is configured and proposed, and sent as far as it was answered.

const ROLES = ["scanner", "printer", "drawer", "scale", "display"];
const LISTS = { scanner: "scanners", printer: "printers", drawer: "drawers", scale: "scales", display: "displays" };
const USUAL_TAX = "standard"; // the code of a store's first tax

/** A draft of what `GET /v1/setup` says. `here` is what the browser proposes where the PC does not: zone and locale. */
export function draftOf(seen, here) {
  const { store, proposed, needed } = seen;
  const usual = seen.taxes.find((tax) => tax.code === store.default_tax) ?? seen.taxes.find((tax) => tax.rate !== undefined);
  const first = needed ? {
    name: "", id: "", currency: proposed.currency ?? "", timezone: proposed.timezone ?? here.timezone,
    locale: proposed.locale ?? here.locale, prices_include_tax: proposed.prices_include_tax ?? true, receipt_header: [],
  } : store;
  return {
    store: {
      name: first.name ?? "", id: first.id ?? "", currency: first.currency ?? "", timezone: first.timezone ?? "",
      locale: first.locale ?? "en", prices_include_tax: first.prices_include_tax ?? true, receipt_header: first.receipt_header ?? [],
    },
    tax: { code: usual?.code ?? USUAL_TAX, rate: usual?.rate ?? "", name: usual?.name ?? "" },
    tills: seen.tills.map((till) => ({ id: till.id, ...Object.fromEntries(ROLES.map((role) => [role, till[role] ?? null])) })),
    configured: Object.fromEntries(ROLES.map((role) => [role, seen[LISTS[role]].map((one) => one.name)])),
    added: [], // {role, place, section}
    firstTax: usual === undefined,
    needed,
  };
}

/** The names of a role's devices, configured or just added. */
export function namesOf(draft, role) {
  return [...draft.configured[role], ...draft.added.filter((one) => one.role === role).map((one) => one.section.name)];
}

/** Add a device, at the first till that has none of its kind. `place` is what it was found as. */
export function add(draft, role, place, section) {
  const name = freeName(draft, section.name);
  draft.added.push({ role, place, section: { ...section, name } });
  const till = draft.tills.find((one) => one[role] === null);
  if (till) till[role] = name;
}

/** Take back what was added. */
export function drop(draft, place) {
  const gone = draft.added.filter((one) => one.place === place || one.section.printer === nameAt(draft, place));
  draft.added = draft.added.filter((one) => !gone.includes(one));
  for (const { role, section } of gone) {
    for (const till of draft.tills) if (till[role] === section.name) till[role] = null;
  }
}

/** What is sent: everything in the shape of the configuration. */
export function answersOf(draft) {
  const { store, tax } = draft;
  const sections = Object.fromEntries(ROLES.map((role) => [role, draft.added.filter((one) => one.role === role).map((one) => one.section)]));
  const rate = tax.rate.trim().replace(",", ".").replace(/\s*%$/, "");
  const taxes = rate ? [{ code: tax.code, rate, name: tax.name.trim() || `${rate}%` }] : [];
  return {
    store: { ...trimmed(store), ...(taxes.length && draft.firstTax ? { default_tax: tax.code } : {}) },
    till: draft.tills.map(({ fresh, ...till }) => ({ ...till, id: till.id.trim() })), // `fresh` is the page's own
    ...(taxes.length ? { tax: taxes } : {}),
    ...Object.fromEntries(Object.entries(sections).filter(([, list]) => list.length)),
  };
}

/** What programs may call a store of that name. */
export function idOf(name) {
  const plain = name.toLowerCase().replace(/ß/g, "ss").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-+|-+$/g, "").slice(0, ID_CHARS_MAX).replace(/-+$/, "");
}

const ID_CHARS_MAX = 40; // as the configuration has it

function nameAt(draft, place) {
  return draft.added.find((one) => one.place === place)?.section.name;
}

function freeName(draft, name) {
  const taken = ROLES.flatMap((role) => namesOf(draft, role)).map((one) => one.toLowerCase());
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.includes(candidate.toLowerCase())) return candidate;
  }
}

function trimmed(store) {
  const text = Object.fromEntries(["name", "id", "currency", "timezone", "locale"].map((key) => [key, store[key].trim()]));
  return {
    ...text, currency: text.currency.toUpperCase(), prices_include_tax: store.prices_include_tax,
    ...(store.receipt_header.length ? { receipt_header: store.receipt_header } : {}),
  };
}
