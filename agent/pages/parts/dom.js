// Elements, made and replaced without losing the place of whoever works by keyboard.

/** Make an element: el("button.primary", { onclick }, "text", child). Empty children are left out. */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "disabled" || name === "hidden") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Make an SVG element. */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

/**
 * Put `children` in place of what is there; what had the focus keeps it, told by its data-key.
 * Where a button in it is being pressed, this waits until it is let go: else its click would be lost.
 */
export function replace(container, ...children) {
  if (pressed && container.contains(pressed)) {
    late.set(container, children);
    return;
  }
  late.delete(container);
  const held = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scroll = tops.get(container);
  container.replaceChildren();
  append(container, children);
  if (scroll) container.scrollTop = scroll;
  if (held) container.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/**
 * Put rows in place of what is there, each [what it shows, () => its element]: one that shows what it showed before is
 * left alone, so that a long list is laid out anew only where it changed. Waits for a press like `replace`.
 */
export function rows(container, wanted) {
  afterPress(() => {
    const held = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const known = new Map([...container.children].map((child) => [shows.get(child), child]));
    wanted.forEach(([what, make], at) => {
      const text = JSON.stringify(what);
      const there = container.children[at];
      const row = known.get(text) ?? make();
      known.delete(text);
      shows.set(row, text);
      if (row !== there) container.insertBefore(row, there ?? null);
    });
    while (container.children.length > wanted.length) container.lastElementChild.remove();
    if (held && document.activeElement?.dataset.key !== held) container.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  });
}

const shows = new WeakMap(); // what a row of a list shows

/** Do something once what is being pressed is let go and what waited for that is drawn: at once where nothing is. */
export function afterPress(then) {
  if (pressed) waiting.push(then);
  else then();
}

/** Whether keys typed now belong to a field on the page. */
export function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

// How far each is scrolled, as it says so itself: asking it would lay the whole page out anew at every change.
const tops = new WeakMap();
document.addEventListener("scroll", ({ target }) => tops.set(target, target.scrollTop), { capture: true, passive: true });

let pressed = null; // what a finger, the mouse or the space bar is on
const late = new Map(); // containers to fill when it is let go, and with what
const waiting = []; // what to do then

function press(event) {
  if (event.type === "pointerdown" || event.key === " ") pressed = event.target;
}

function release(event) {
  if (!pressed || (event.type === "keyup" && event.key !== " ")) return;
  setTimeout(() => { // after the click
    pressed = null;
    for (const [container, children] of [...late]) replace(container, ...children);
    for (const then of waiting.splice(0)) then();
  });
}

for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, press, { capture: true });
for (const type of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(type, release, { capture: true });

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child);
  }
}
