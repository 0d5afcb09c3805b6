// Running orders: how many have received, acknowledged, gone, arrived, finished; who is silent.
import { html, nothing, render } from "lit-html";
import { count, minutesSince, minuteTime } from "../format.mjs";
import { reached, silent, total } from "../summary.mjs";
import { say } from "../text.mjs";

const SHOWN = 4;

/** @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now @param {(id: string) => void} open */
export function ordersPanel(root, picture, now, open) {
  const draw = () => {
    const orders = [...picture.layers.orders.values()].sort((a, b) => silent(b.counts) - silent(a.counts) || b.id.localeCompare(a.id));
    render(html`
      <header><h2>${say("orders.title")}</h2><span class="hint">${say("orders.total", { n: orders.length })}</span></header>
      ${orders.length ? nothing : html`<p class="empty">${say("orders.none")}</p>`}
      ${orders.slice(0, SHOWN).map((order, i) => {
        const all = total(order.counts), waiting = silent(order.counts);
        return html`<article class="order" data-order=${order.id}>
          <header><button class="link" @click=${() => open(order.id)}>${order.title}</button>
            <span class="hint">${minuteTime(order.sent_at)} · ${say("orders.since", { m: minutesSince(order.sent_at, now()) })}</span></header>
          ${i === 0 ? html`<div class="bars">${reached(order.counts).map(([step, n]) => html`
            <span>${say(`bar_of.${step}`)}</span><span class="track"><i style="width:${(100 * n) / Math.max(1, all)}%"></i></span><b class="number">${count(n)}</b>`)}</div>` : nothing}
          <footer><span class=${waiting ? "alert" : "good"}>${waiting ? say("orders.silent", { n: waiting }) : say("orders.all_answered")}</span>
            <span class="hint">${say("orders.total", { n: count(all) })}</span>
            <button @click=${() => open(order.id)}>${say("orders.open")}</button></footer></article>`;
      })}`, root);
  };
  picture.listen((touched) => { if (touched.has("orders") || touched.has("area")) draw(); });
  return draw;
}
