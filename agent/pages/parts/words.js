// The words of the page, one catalogue a language. A language is one file here and one line below.

import { words as de } from "../words/de.js";
import { words as en } from "../words/en.js";

const CATALOGUES = { en, de };

let words = en;
let plurals = new Intl.PluralRules("en");

/** Choose the language: the browser's where we have it, else the store's, else English. */
export function chooseLanguage(storeLocale) {
  const wanted = [...navigator.languages, storeLocale ?? ""].map((tag) => tag.slice(0, 2).toLowerCase());
  const language = wanted.find((tag) => tag in CATALOGUES) ?? "en";
  words = CATALOGUES[language];
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

/** Say `key`, with {names} filled in; where `n` is given, the form (one, other) is the language's rule. */
export function t(key, values = {}) {
  const form = values.n === undefined ? key : `${key}.${plurals.select(values.n)}`;
  const text = words[form] ?? words[`${key}.other`] ?? words[key] ?? en[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Whether there are words for `key`. */
export function has(key) {
  return key in words;
}
