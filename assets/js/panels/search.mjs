// Keys of the search box. What Enter opens is what was found for the words that stand there, never for the letters before.

/** How long Enter waits for the answer to what was typed. */
const PATIENCE_MS = 4000;

/** @param {HTMLInputElement} box @param {HTMLElement} results @param {() => void} close */
export function searchKeys(box, results, close) {
  const found = () => /** @type {HTMLElement | null} */ (results.querySelector("[data-for]"))?.dataset.for;
  const links = () => /** @type {HTMLAnchorElement[]} */ ([...results.querySelectorAll("a")]);
  /** The list is that of the words in the box. */
  const current = () => found() === box.value.trim();
  const settled = () => new Promise((/** @type {(well: boolean) => void} */ resolve) => {
    if (current()) return resolve(true);
    const watcher = new MutationObserver(() => { if (current()) { stop(); resolve(true); } });
    const timer = setTimeout(() => { stop(); resolve(false); }, PATIENCE_MS);
    const stop = () => { watcher.disconnect(); clearTimeout(timer); };
    watcher.observe(results, { childList: true, subtree: true, attributes: true });
  });
  box.addEventListener("keydown", async (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") { event.preventDefault(); links()[0]?.focus(); }
    if (event.key === "Enter" && box.value.trim()) {
      const words = box.value.trim();
      if (await settled() && box.value.trim() === words) links()[0]?.click();
    }
  });
  results.addEventListener("keydown", (event) => {
    const all = links(), at = all.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (event.key === "ArrowDown") { event.preventDefault(); all[Math.min(at + 1, all.length - 1)]?.focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); if (at <= 0) box.focus(); else all[at - 1].focus(); }
  });
  // what was chosen is open: the box lets go of the keys, and the list of the eye
  results.addEventListener("click", (event) => { if (/** @type {HTMLElement} */ (event.target).closest("a")) setTimeout(() => { close(); box.blur(); }, 0); });
  document.addEventListener("pointerdown", (event) => {
    if (!results.hidden && !box.contains(/** @type {Node} */ (event.target)) && !results.contains(/** @type {Node} */ (event.target))) close();
  });
}
