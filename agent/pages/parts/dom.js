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
  const scroll = container.scrollTop;
  container.replaceChildren();
  append(container, children);
  container.scrollTop = scroll;
  if (held) container.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Do something once what is being pressed is let go and what waited for that is drawn: at once where nothing is. */
export function afterPress(then) {
  if (pressed) waiting.push(then);
  else then();
}

/** Whether keys typed now belong to a field on the page. */
export function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

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
