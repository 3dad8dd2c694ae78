// A keyboard-wedge scanner types its code and Enter; a person does too, but never that fast.
//
// Keys are watched wherever the focus is. From the second quick key on they are held back, and the first is taken
// out of the field it landed in. With Enter (or Tab) they are a scan, and that Enter never reaches the button or the
// form below. Without one, what was held is given back where it belongs: no press is lost, only late.

import { isField } from "./../parts/dom.js";
import { Burst, LATE_MS_MAX } from "./burst.js";

const PASSING = ["Shift", "Control", "Alt", "AltGraph", "CapsLock"]; // pressed with other keys, and no key themselves
const GS = "\x1d"; // between the fields of a GS1 code: typed as Ctrl+] or as Alt and 029 on the keypad

export class Wedge {
  #burst = new Burst();
  #held = false; // keys of the burst are kept back
  #landed = null; // where the first one landed: the field, and how it stood before
  #from = null; // what had the focus before the first one moved it
  #alt = ""; // digits of the keypad while Alt is down
  #ours = new WeakSet(); // events that give a key back
  #timer;

  /** `onScan(text)`: a whole code. */
  constructor(onScan) {
    this.onScan = onScan;
  }

  /** Listen on the document, before anyone else. */
  start() {
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    document.addEventListener("keyup", (event) => this.#up(event), { capture: true });
    document.addEventListener("beforeinput", (event) => this.#lands(event), { capture: true });
    window.addEventListener("blur", () => this.#end());
  }

  #key(event) {
    if (this.#ours.has(event) || event.isComposing || PASSING.includes(event.key)) return;
    const at = event.timeStamp;
    const said = read(event);
    if (said === "end" && this.#burst.isScan(at)) {
      stop(event);
      this.#scanned();
    } else if (said === "digit" && this.#burst.goesOn(at)) {
      stop(event);
      this.#alt += event.code.slice(-1);
    } else if (said?.length === 1 && !event.repeat && (said !== GS || this.#burst.goesOn(at))) {
      this.#character(said, event);
    } else {
      this.#end();
    }
  }

  #character(character, event) {
    if (!this.#burst.goesOn(event.timeStamp)) {
      this.#end();
      this.#from = document.activeElement;
    }
    const goesOn = this.#burst.add(character, event.timeStamp);
    if (!goesOn && !isCommand(character)) {
      this.#landed = before(document.activeElement); // of a text field; a key may yet move the focus to another
      return;
    }
    stop(event);
    this.#hold();
  }

  // The first key of a burst: what the field was like, seen just before it changes.
  #lands(event) {
    if (this.#held) event.preventDefault(); // the character that the system makes of Alt and digits
    else if (this.#burst.text.length === 1) this.#landed = before(event.target);
  }

  #up(event) {
    if (event.key !== "Alt" || !this.#alt) return;
    const number = Number(this.#alt);
    this.#alt = "";
    this.#burst.add(String.fromCharCode(number), event.timeStamp);
    this.#hold();
  }

  #hold() {
    this.#held = true;
    this.#takeOut();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveBack(), LATE_MS_MAX); // the burst stays: keys that were late go on with it
  }

  #scanned() {
    const { text } = this.#burst;
    this.#takeOut();
    if (this.#from?.isConnected && this.#from !== document.body && this.#from !== document.activeElement) this.#from.focus();
    this.#forget();
    this.onScan(text);
  }

  // It was a person after all.
  #end() {
    this.#giveBack();
    this.#forget();
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#burst.clear();
    this.#held = false;
    this.#landed = null;
    this.#alt = "";
  }

  #takeOut() {
    const landed = this.#landed;
    if (!landed?.field.isConnected || landed.field.value === landed.value) return;
    put(landed.field, landed.value, landed.start, landed.end);
  }

  #giveBack() {
    if (!this.#held) return;
    this.#held = false;
    const { text } = this.#burst;
    const { field, value, start, end } = this.#landed ?? {};
    if (field?.isConnected && !(field instanceof HTMLSelectElement)) {
      const caret = (start ?? value.length) + text.length;
      put(field, value.slice(0, start ?? value.length) + text + value.slice(end ?? value.length), caret, caret);
      return;
    }
    for (const character of text) this.#pressAgain(character);
  }

  // A key that was no text where it was pressed: a command, or the beginning of a search.
  #pressAgain(key) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    this.#ours.add(event);
    const taken = !(document.activeElement ?? document.body).dispatchEvent(event);
    const field = document.activeElement;
    if (!taken && isField(field) && !(field instanceof HTMLSelectElement)) put(field, field.value + key);
  }
}

// What a key is to a code: its character, "end", a "digit" of Alt and the keypad, or nothing.
function read(event) {
  if (event.key === "Enter" || event.key === "Tab") return event.shiftKey ? undefined : "end";
  if (event.getModifierState("AltGraph")) return event.key;
  if (event.ctrlKey && !event.altKey && !event.metaKey) {
    if (event.code === "BracketRight" || event.key === "]" || event.key === GS) return GS;
    return ["KeyM", "KeyJ"].includes(event.code) ? "end" : undefined; // CR and LF
  }
  if (event.altKey && !event.ctrlKey && /^Numpad[0-9]$/.test(event.code)) return "digit";
  return event.ctrlKey || event.altKey || event.metaKey ? undefined : event.key;
}

// With nothing typed, + and - change the line chosen in the basket (keys.js): held until it is clear that nobody scans.
function isCommand(character) {
  const field = document.activeElement;
  const elsewhere = isField(field) && field.dataset.key !== "entry";
  return "+-".includes(character) && !elsewhere && !(isField(field) && field.value);
}

function before(field) {
  if (!isField(field)) return null;
  return { field, value: field.value, start: field.selectionStart ?? null, end: field.selectionEnd ?? null };
}

function put(field, value, start, end) {
  field.value = value;
  if (field.selectionStart !== null && field.selectionStart !== undefined && start !== null && start !== undefined) field.setSelectionRange(start, end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
