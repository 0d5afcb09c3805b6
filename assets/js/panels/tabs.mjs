// On a tablet the panels share one pane; the navigation at the thumb says which.
import { html, nothing, render } from "lit-html";
import { say } from "../text.mjs";

const TABS = ["todo", "map", "orders", "people", "figures"];

/** @param {HTMLElement} root @param {HTMLElement} wall @param {import("../live/picture.mjs").Picture} picture @param {() => number} waitingCount what waits for this person @param {() => void} shown called when a tab was chosen */
export function tabs(root, wall, picture, waitingCount, shown) {
  wall.dataset.tab = "todo";
  const choose = (/** @type {string} */ tab) => { wall.dataset.tab = tab; draw(); shown(); };
  const draw = () => {
    const waiting = waitingCount();
    render(html`${TABS.map((tab) => html`<button aria-current=${wall.dataset.tab === tab} @click=${() => choose(tab)}>${say(`tab.${tab}`)}
      ${tab === "todo" && waiting ? html`<b class="dot">${waiting > 99 ? "99+" : waiting}</b>` : nothing}</button>`)}`, root);
  };
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("orders")) draw(); });
  draw();
  return { choose, draw };
}
