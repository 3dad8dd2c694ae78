// A wire as it was seen: the last scans with what they were taken for, and the bytes either way.

import { el } from "../parts/dom.js";
import { clock } from "../parts/money.js";
import { t } from "../parts/words.js";

const SCANS_SHOWN = 3;

/** The last scans, the newest first. */
export function echo(trace) {
  return [...trace.scans].reverse().slice(0, SCANS_SHOWN).map((scan) =>
    el(`div.scan-echo${scan.refused ? ".refused" : ""}`, { "data-scan": scan.text || scan.refused },
      el("span.scan-text", {}, scan.refused ? t("devices.scan.refused", { why: scan.hint }) : scan.text),
      el("span", {}, scan.symbology ? t("devices.scan.symbology", { symbology: scan.symbology }) : t("devices.scan.unsaid")),
      Object.keys(scan.gs1).length > 0 && el("span", {}, Object.entries(scan.gs1).map(([ai, text]) => `(${ai}) ${text}`).join("  ")),
      scan.hex && el("code", {}, scan.hex)));
}

/** The bytes, the newest last. */
export function wire(trace) {
  if (!trace.on) return el("p.quiet", {}, t("devices.trace.ended"));
  if (!trace.wire.length) return el("p.quiet", {}, t("devices.trace.quiet"));
  const lines = trace.wire.map((entry) => `${clock(entry.at)} ${entry.direction === "in" ? "<" : ">"} ${said(entry)}`);
  return el("pre.wire", { tabindex: 0, "aria-label": t("devices.trace") }, lines.join("\n"));
}

function said(entry) {
  if (entry.hidden) return t("devices.trace.hidden");
  const shown = entry.hex.length ? entry.hex.split(" ").length : 0;
  const more = entry.bytes > shown ? ` … ${t("devices.trace.more", { bytes: entry.bytes })}` : "";
  return `${entry.hex}   ${entry.text}${more}`;
}
