// Telling a scanner's keys from a person's by the time between them. Knows no page: characters and times in ms.

export const GAP_MS_MAX = 35; // scanners send a key each 1 to 20 ms; quick typists need 60 and more between keys
export const LATE_MS_MAX = 100; // a wireless scanner stumbles once in a while; by then it has shown what it is
const SHOWN_CHARS = 8; // so many quick keys in a row no person types
const CHARS_MIN = 4; // shorter than any code on a shelf; a person's double hit of keys is not a scan

export class Burst {
  text = "";
  #first = 0;
  #last = -Infinity;

  /** Take a character typed at `at`; answers whether it goes on with the ones before. Else it begins anew. */
  add(character, at) {
    const goesOn = this.goesOn(at);
    if (!goesOn) {
      this.text = "";
      this.#first = at;
    }
    this.text += character;
    this.#last = at;
    return goesOn;
  }

  /** Whether a key at `at` belongs to what has come. */
  goesOn(at) {
    return this.text !== "" && at - this.#last <= (this.text.length < SHOWN_CHARS ? GAP_MS_MAX : LATE_MS_MAX);
  }

  /** Whether an Enter at `at` ends a scan: quick on the whole, whatever one gap was. */
  isScan(at) {
    return this.goesOn(at) && this.text.length >= CHARS_MIN && (at - this.#first) / this.text.length <= GAP_MS_MAX;
  }

  clear() {
    this.text = "";
    this.#last = -Infinity;
  }
}
