// The keyboard: what each key does, in one table that the help panel also reads.

import { isField } from "../parts/dom.js";
import { scrollPanel } from "./panel.js";

/** Key, command, and the word that says what it does. */
export const KEYS = [
  ["F1", "help", "bar.help"],
  ["F2", "find", "help.entry"],
  ["F3", "quantity", "action.quantity"],
  ["F4", "price", "action.price"],
  ["F6", "discount", "action.discount"],
  ["F7", "open_item", "action.open_item"],
  ["F8", "park", "action.park"],
  ["F9", "card", "action.card"],
  ["F10", "cash", "action.cash"],
  ["Alt+R", "receipts", "action.receipts"],
  ["Alt+N", "no_sale", "action.no_sale"],
  ["Alt+V", "void", "action.void"],
  ["Alt+C", "customer", "action.customer"],
  ["Alt+A", "note", "action.note"],
  ["Alt+S", "mark", "action.mark"],
  ["Alt+K", "code", "code.title"],
  ["Alt+G", "arrange", "keys.arrange"],
  ["Alt+H", "shift", "shift.title"],
  ["Alt+O", "outage", "outage.title"],
  ["Alt+W", "matters", "matters.title"],
  ["Alt+J", "audit", "audit.title"],
  ["Alt+B", "unreceipted", "unreceipted.title"],
  ["Alt+P", "copy", "action.copy_last"],
  ["Alt+Y", "whole", "unclear.key"],
  ["Alt+T", "training", "training.title"],
  ["Alt+U", "staff", "staff.switch"],
  ["Alt+Q", "lock", "staff.lock"],
  ["Alt+L", "empties", "empties.title"],
  ["Alt+X", "exempt", "exempt.title"],
  ["Alt+I", "tip", "tip.title"],
  ["Alt+M", "more", "action.more_commands"],
];

/** Listen for keys on the document; `till` answers commands and has the basket and the entry. */
export function listenToKeys(till) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || till.asksForPairing()) return;
    const name = nameOf(event);
    const command = !event.ctrlKey && !event.metaKey && KEYS.find(([key]) => key === name)?.[1];
    if (command) {
      event.preventDefault();
      if (!event.repeat) till.command(command); // held down, it is asked for once
      return;
    }
    if (event.key === "Escape") {
      till.home();
      if (till.isHome()) till.entry.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (till.staff.locked && !isTypedElsewhere(till) && isText(event)) {
      till.staff.toPin();
      return;
    }
    const entry = document.activeElement === till.entry;
    const empty = !entry || till.entry.value === "";
    if (isTypedElsewhere(till) || !empty) return;
    onBasket(event, till);
  });
}

// As the table has it: with Alt by the letter that is printed on the key, or by its place where that is no Latin one.
function nameOf({ altKey, key, code }) {
  if (!altKey) return key;
  return `Alt+${/^[a-z]$/i.test(key) ? key.toUpperCase() : code.replace("Key", "")}`;
}

function isText({ key }) {
  return key.length === 1 && key !== " ";
}

function isTypedElsewhere(till) {
  return isField(document.activeElement) && document.activeElement !== till.entry;
}

// With nothing typed, these keys belong to the chosen line; any other letter begins a search.
function onBasket(event, till) {
  const { line } = till.basket;
  switch (event.key) {
    case "ArrowDown": case "ArrowUp":
      event.preventDefault();
      till.basket.move(event.key === "ArrowDown" ? 1 : -1);
      break;
    case "PageDown": case "PageUp":
      event.preventDefault();
      if (till.isHome()) till.quick.turn(event.key === "PageDown" ? 1 : -1);
      else scrollPanel(event.key === "PageDown" ? 1 : -1);
      break;
    case "Delete":
      if (line) void till.actions.removeLine(line);
      break;
    case "+": case "-":
      event.preventDefault();
      if (line) void till.basket.step(line, event.key === "+" ? 1 : -1);
      break;
    default:
      if (isText(event)) (till.staff.pin ?? till.entry).focus(); // the key itself then lands there
  }
}
