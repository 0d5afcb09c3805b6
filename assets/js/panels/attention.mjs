// Where it is worst: the areas below, by warning, overdue tickets, unanswered orders.
import { html, nothing, render } from "lit-html";

import { levelBelow } from "../codes.mjs";
import { children } from "../summary.mjs";
import { say } from "../text.mjs";

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture
 * @param {(code: string) => string} nameOf @param {(code: string) => void} enter
 */
export function attentionPanel(root, picture, nameOf, enter) {
  const number = (/** @type {number} */ n, alert = false) => html`<td class="number ${n ? (alert ? "alert" : "") : "zero"}">${n}</td>`;
  /** The order in which they were drawn last. @type {string[]} */
  let order = [];
  /** A row does not move away from under a finger: while one points at the table, its order stays. @param {import("../summary.mjs").Child[]} rows */
  const steady = (rows) => {
    if (root.matches(":hover") && order.length === rows.length && rows.every((row) => order.includes(row.code))) rows.sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
    order = rows.map((row) => row.code);
    return rows;
  };
  const draw = () => {
    const rows = steady(children(picture));
    root.hidden = picture.area.length === 18;
    if (root.hidden) return;
    render(html`
      <header><h2>${say("attention.title")}</h2><span class="hint">${say("attention.order")}</span></header>
      <div class="scroll"><table>
        <thead><tr><th>${say("attention.warning")}</th><th>${say(`level.${levelBelow(picture.area)}`)}</th><th class="number">${say("attention.red")}</th><th class="number">${say("attention.tickets")}</th>
          <th class="number">${say("attention.overdue")}</th><th class="number">${say("attention.unanswered")}</th></tr></thead>
        <tbody>${rows.map((row) => html`
          <tr tabindex="0" role="link" @click=${() => enter(row.code)} @keydown=${(/** @type {KeyboardEvent} */ e) => { if (e.key === "Enter") enter(row.code); }}>
            <td>${row.warning ? html`<span class="badge ${row.warning}">${say(`level.${row.warning}`)}</span>` : html`<span class="badge none">–</span>`}</td>
            <td class="name" title=${nameOf(row.code)}>${nameOf(row.code)}</td>
            ${number(row.red, true)}${number(row.tickets)}${number(row.overdue, true)}${number(row.unanswered, true)}
          </tr>`)}</tbody></table></div>
      ${rows.length ? nothing : html`<p class="empty">${say("attention.none")}</p>`}`, root);
  };
  picture.listen((touched) => { if (["figures", "warnings", "tickets", "area"].some((layer) => touched.has(layer))) draw(); });
  return draw;
}
