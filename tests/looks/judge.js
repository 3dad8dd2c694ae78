// What a page must not look like, as [what is wrong, where]: run in the page by `tests/looks/judge.py`.

(() => {
  const faults = [];
  const CUT_IS_TOLD = ".key .tile-name, .lamp-word, .lamp-name, .bar h1, .category-name, .panel-head h2, .staff-button, .sum span, .orders span, .guide li";
  const SIDEWAYS = "pre, .shelf-tabs"; // lines of a file, and tabs that are swiped
  const STICKS = ".counting > .field-error, .counting > .pad"; // in its place while the rest is scrolled under it
  const NEAR_PX = 1.5; // what rounding to whole pixels moves

  const where = (element) => {
    const named = element.closest("[data-key], [data-lamp], [aria-label], [class]") ?? element;
    const key = named.dataset.key ?? named.dataset.lamp ?? named.getAttribute("aria-label") ?? "";
    return `${named.tagName.toLowerCase()}.${named.className}[${key}] ${JSON.stringify(element.textContent.trim().slice(0, 40))}`;
  };
  const fault = (what, element) => faults.push(`${what}: ${where(element)}`);
  const seen = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
  const scrolls = (element) => {
    for (let up = element; up && up !== document.documentElement; up = up.parentElement) {
      const { overflowY, overflowX } = getComputedStyle(up);
      if (["auto", "scroll"].includes(overflowY) || ["auto", "scroll"].includes(overflowX)) return up;
    }
    return null;
  };
  const inView = (x, y, element) => {
    for (let up = scrolls(element); up; up = scrolls(up.parentElement)) {
      const { left, right, top, bottom } = up.getBoundingClientRect();
      if (x < left || x > right || y < top || y > bottom) return false;
    }
    return x >= 0 && x <= innerWidth && y >= 0 && y <= innerHeight;
  };
  const texts = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
      node.data.trim() && node.parentElement && seen(node.parentElement) && !node.parentElement.closest("svg, noscript, script")
        ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
    const found = [];
    while (walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const boxes = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
      if (boxes.length) found.push({ element: walker.currentNode.parentElement, boxes });
    }
    return found;
  };

  // Nothing scrolls sideways.
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) fault(`the page is ${page.scrollWidth - innerWidth} px too wide`, document.body);
  for (const element of document.body.querySelectorAll("*")) {
    if (element.scrollWidth <= element.clientWidth + 1 || !seen(element) || element.matches(SIDEWAYS)) continue;
    if (["auto", "scroll"].includes(getComputedStyle(element).overflowX)) fault(`scrolls sideways by ${element.scrollWidth - element.clientWidth} px`, element);
  }

  // What a button says is in it, whole, and no word of it lies on another.
  for (const button of document.querySelectorAll("button, a.button, input, [role=button]")) {
    if (!seen(button)) continue;
    const box = button.getBoundingClientRect();
    const said = texts(button);
    for (const { element, boxes } of said) {
      if (element.closest(CUT_IS_TOLD)) continue;
      for (const { left, right, top, bottom } of boxes) {
        const over = Math.max(box.left - left, right - box.right, box.top - top, bottom - box.bottom);
        if (over > NEAR_PX) fault(`words go ${Math.round(over)} px beyond their button`, element);
      }
      for (let up = element; up !== button.parentElement; up = up.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(up);
        if (overflowX !== "visible" && up.scrollWidth > up.clientWidth + 1) fault("words are cut sideways", up);
        else if (overflowY !== "visible" && up.scrollHeight > up.clientHeight + 2) fault("words are cut below", up);
      }
    }
    const whole = said.filter(({ element }) => !element.closest(CUT_IS_TOLD));
    whole.forEach(({ element, boxes }, at) => {
      for (const other of whole.slice(at + 1)) {
        const on = boxes.some((one) => other.boxes.some((two) =>
          Math.min(one.right, two.right) - Math.max(one.left, two.left) > NEAR_PX && Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 4));
        if (on) fault(`words lie on ${JSON.stringify(other.element.textContent)}`, element);
      }
    });
    if (button.placeholder && !button.value) {
      const style = getComputedStyle(button);
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const room = button.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (pen.measureText(button.placeholder).width > room + NEAR_PX) fault("a placeholder is cut", button);
    }
  }

  // What can be pressed is not covered, where it is in view.
  for (const button of document.querySelectorAll("button:not(:disabled), a[href], input")) {
    if (!seen(button)) continue;
    const { left, right, top, bottom } = button.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    if (!inView(x, y, button)) {
      if (!scrolls(button) && page.scrollHeight <= innerHeight) fault("cannot be reached: outside of the screen", button);
      continue;
    }
    const top_ = document.elementFromPoint(x, y);
    if (top_ && !button.contains(top_) && !top_.contains(button) && !top_.closest(STICKS)) fault(`is covered by ${where(top_)}`, button);
  }

  // No text ends at the edge of the screen or of a box, unless it can be scrolled to.
  for (const { element, boxes } of texts(document.body)) {
    if (element.closest("button, a.button") || element.closest(CUT_IS_TOLD)) continue;
    const held = scrolls(element);
    for (const { left, right, bottom } of boxes) {
      if (left < -NEAR_PX || right > innerWidth + NEAR_PX || (!held && page.scrollHeight <= innerHeight && bottom > innerHeight + NEAR_PX)) fault("ends outside of the screen", element);
    }
    for (let up = element; up !== document.body; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (overflowX === "hidden" && up.scrollWidth > up.clientWidth + 1) fault("text is cut sideways", up);
      if (overflowY === "hidden" && up.scrollHeight > up.clientHeight + 2 && boxes.some(({ bottom }) => bottom > up.getBoundingClientRect().bottom + NEAR_PX)) fault("text is cut below", up);
    }
  }
  return [...new Set(faults)];
})()
