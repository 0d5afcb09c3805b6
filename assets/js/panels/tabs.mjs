// On a tablet the panels share one pane; the navigation at the thumb says which.
import { html, nothing, render } from "lit-html";
import { silent } from "../summary.mjs";
import { say } from "../text.mjs";

const TABS = ["todo", "map", "orders", "people", "figures"];

/** @param {HTMLElement} root @param {HTMLElement} wall @param {import("../live/picture.mjs").Picture} picture @param {() => void} shown called when a tab was chosen */
export function tabs(root, wall, picture, shown) {
  wall.dataset.tab = "todo";
  const choose = (/** @type {string} */ tab) => { wall.dataset.tab = tab; draw(); shown(); };
  const draw = () => {
    const waiting = [...picture.layers.tickets.values()].filter((t) => ["reported", "handled"].includes(t.state)).length
      + [...picture.layers.orders.values()].filter((o) => silent(o.counts) > 0).length;
    render(html`${TABS.map((tab) => html`<button aria-current=${wall.dataset.tab === tab} @click=${() => choose(tab)}>${say(`tab.${tab}`)}
      ${tab === "todo" && waiting ? html`<b class="dot">${waiting > 99 ? "99+" : waiting}</b>` : nothing}</button>`)}`, root);
  };
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("orders")) draw(); });
  draw();
  return choose;
}
