// Who works by keyboard sees where they are: each stop of Tab with its ring, as [what is wrong, where].

(() => {
  const RING_PX_LEAST = 2; // WCAG 2.4.13's
  const faults = [];
  const held = document.activeElement;
  const where = (element) => `${element.tagName.toLowerCase()}.${element.className}[${element.dataset.key ?? element.getAttribute("aria-label") ?? ""}]`;
  const clips = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") return up.getBoundingClientRect();
    }
    return { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  };
  for (const element of document.querySelectorAll("button, input, a[href], [tabindex='0']")) {
    if (element.disabled || element.tabIndex < 0 || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
    element.focus();
    if (document.activeElement !== element) {
      faults.push(`cannot have the focus: ${where(element)}`);
      continue;
    }
    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
    if (outlineStyle !== "auto" && (outlineStyle === "none" || parseFloat(outlineWidth) < RING_PX_LEAST)) {
      faults.push(`the focus does not show: ${where(element)}`);
      continue;
    }
    const beyond = parseFloat(outlineOffset) + 1; // one pixel of the ring is enough to see a side
    const box = element.getBoundingClientRect();
    const view = clips(element);
    const sides = [box.left - beyond >= view.left - 0.5, box.top - beyond >= view.top - 0.5, box.right + beyond <= view.right + 0.5, box.bottom + beyond <= view.bottom + 0.5];
    if (sides.filter(Boolean).length < 3) faults.push(`the ring of the focus is cut off: ${where(element)}`);
    // The middle of what there is to see: a long text goes on below its panel's edge, where other things stand.
    const middle = (from, to, first, last) => (Math.max(from, first) + Math.min(to, last)) / 2;
    const top = document.elementFromPoint(middle(box.left, box.right, view.left, view.right), middle(box.top, box.bottom, view.top, view.bottom));
    if (top && !element.contains(top) && !top.contains(element)) faults.push(`what has the focus is covered by ${where(top)}: ${where(element)}`);
  }
  held?.focus?.({ preventScroll: true });
  return [...new Set(faults)];
})()
