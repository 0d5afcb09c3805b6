// What a person would stumble over on a page; `look.py` runs it there. One expression: a function of { smallest, touch }.
({ smallest, touch }) => {
  /** The words on the screen with the boxes of their ink. */
  const readable = () => {
    const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    // the ink and not the line: the boxes of Chinese fonts are higher than their signs
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());) {
      const text = node.textContent.trim(), element = node.parentElement;
      if (!text || element.closest("script, style, noscript, option, .leaflet-control-attribution") || !shown(element)) continue;
      const range = document.createRange(), style = getComputedStyle(element), size = parseFloat(style.fontSize);
      range.selectNodeContents(node);
      for (const r of range.getClientRects()) {
        const middle = (r.top + r.bottom) / 2;
        if (r.width < 2 || r.right < 0 || r.left > innerWidth || middle < 0 || middle > innerHeight) continue;
        // what has been scrolled, folded or cut away is not on the screen
        let { left, right } = r, hidden = false;
        for (let p = element; p && !hidden; p = p.parentElement) {
          const box = p.getBoundingClientRect(), { overflowX, overflowY } = getComputedStyle(p);
          if (overflowY !== "visible" && (middle > box.bottom || middle < box.top)) hidden = true;
          if (overflowX !== "visible") [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
        }
        if (hidden || right - left < 2) continue;
        found.push({ text, size, left, right, top: middle - size / 2, bottom: middle + size / 2, element });
      }
    }
    return found;
  };
  const words = readable();
  const problems = [];
  const short = (text) => `「${text.replace(/\s+/g, " ").slice(0, 20)}」`;
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0.05);
  const ground = (element) => {
    for (let p = element; p; p = p.parentElement) {
      const style = getComputedStyle(p), c = numbers(style.backgroundColor);
      if (style.backgroundImage !== "none" || p.matches(".leaflet-container, video")) return null;
      if ((c[3] ?? 1) > 0.85) return c;
    }
    return null;
  };
  for (const { text, size, left, right, element } of words) {
    if (size < smallest - 0.5) problems.push(`small ${size}px ${short(text)}`);
    if (!element.closest(".leaflet-container") && (left < -1 || right > innerWidth + 1)) problems.push(`outside ${short(text)}`);
    const under = ground(element), own = numbers(getComputedStyle(element).color);
    if (under && !element.closest("[disabled], [aria-disabled=true]")) {
      const [a, b] = [light(own), light(under)].sort((p, q) => q - p);
      if (a / b < (size >= 24 ? 3 : 4.5)) problems.push(`faint ${(a / b).toFixed(1)}:1 ${short(text)}`);
    }
  }
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.title || !element.checkVisibility() || element.closest("svg, option")) continue;
    const style = getComputedStyle(element);
    if (style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1)
      problems.push(`cut ${short(element.textContent)}`);
  }
  // words of the map that are drawn and not set
  for (const box of document.getElementById("wall")?.yiping?.namesOfPeople() ?? []) {
    const map = document.querySelector(".leaflet-container").getBoundingClientRect();
    const left = map.left + box.x, top = map.top + box.y;
    const element = document.querySelector("canvas.dots-people");
    words.push({ text: "name of a person", left, right: left + box.w, top, bottom: top + box.h, element });
  }
  const solid = (element) => { const c = numbers(getComputedStyle(element).backgroundColor); return (c[3] ?? 1) >= 0.7; };
  const piece = (element) => element.closest(".ticket-mark, .area-label") ?? element;
  for (let i = 0; i < words.length; i++) for (let j = i + 1; j < words.length; j++) {
    const a = words[i], b = words[j];
    const left = Math.max(a.left, b.left), right = Math.min(a.right, b.right);
    const top = Math.max(a.top, b.top), bottom = Math.min(a.bottom, b.bottom);
    if (right - left < 3 || bottom - top < 3 || piece(a.element) === piece(b.element)) continue;
    if (!(a.element.closest(".leaflet-pane") && b.element.closest(".leaflet-pane"))) {
      // one lies under a panel
      const pile = document.elementsFromPoint((left + right) / 2, (top + bottom) / 2);
      const holds = (element, word) => element === word || (element.contains(word) && element.closest(".panel"));
      const at = [a, b].map((word) => pile.findIndex((element) => holds(element, word.element)));
      const parts = (element) => solid(element) && element.contains(a.element) !== element.contains(b.element);
      if (at.includes(-1) || pile.slice(0, Math.max(...at)).some(parts)) continue;
    }
    problems.push(`over each other ${short(a.text)} ${short(b.text)}`);
  }
  if (touch) for (const element of document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea")) {
    const r = element.getBoundingClientRect();
    if (!element.checkVisibility() || r.bottom < 0 || r.top > innerHeight || element.closest(".leaflet-control-attribution")) continue;
    if (r.width < 44 || r.height < 44) {
      const said = element.textContent || element.name || element.id;
      problems.push(`small target ${Math.round(r.width)}×${Math.round(r.height)} ${short(said)}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) problems.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  return [...new Set(problems)];
}
