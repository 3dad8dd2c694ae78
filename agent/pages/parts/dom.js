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

/** Put `children` in place of what is there; what had the focus keeps it, told by its data-key. */
export function replace(container, ...children) {
  const held = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scroll = container.scrollTop;
  container.replaceChildren();
  append(container, children);
  container.scrollTop = scroll;
  if (held) container.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Whether keys typed now belong to a field on the page. */
export function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

function append(element, children) {
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child);
  }
}
