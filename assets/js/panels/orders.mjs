// Orders: all that run, and those that have ended; where each went, who sent it, how far it has come, who is silent. Searched by any word of it.
import { html, nothing, render } from "lit-html";
import { get } from "../api.mjs";
import { count, minutesSince, minuteTime } from "../format.mjs";
import { reached, silent, total } from "../summary.mjs";
import { say } from "../text.mjs";

/** One may have come a long way; the first shows how far. */
const SHOWN = 100;

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now @param {(id: string) => void} open
 * @param {(code: string) => string} placeOf
 */
export function ordersPanel(root, picture, now, open, placeOf) {
  let side = "running", words = "";
  /** @type {any[]} */
  let ended = [];
  const load = async () => {
    try {
      ended = (await get("/orders?limit=200")).orders.filter((/** @type {any} */ order) => order.state !== "running");
    } catch { /* said elsewhere; what is known stays */ }
    draw();
  };
  const fits = (/** @type {any} */ order) => !words || `${order.title}${order.text}${order.sender}${placeOf(order.area_code)}`.includes(words);
  const one = (/** @type {any} */ order, /** @type {boolean} */ bars) => {
    const all = total(order.counts), waiting = silent(order.counts), running = order.state === "running";
    return html`<article class="order" data-order=${order.id}>
      <header><button class="link" @click=${() => open(order.id)}>${order.title}</button>
        <span class="hint">${minuteTime(order.sent_at)}${running ? html` · ${say("orders.since", { m: minutesSince(order.sent_at, now()) })}` : nothing}</span></header>
      <p class="hint">${placeOf(order.area_code)} · ${say("orders.by", { name: order.sender })}${order.counts.help ? html` · <b class="alert">${say("delivery.help")} ${order.counts.help}</b>` : nothing}</p>
      ${bars ? html`<div class="bars">${reached(order.counts).map(([step, n]) => html`
        <span>${say(`bar_of.${step}`)}</span><span class="track"><i style="width:${(100 * n) / Math.max(1, all)}%"></i></span><b class="number">${count(n)}</b>`)}</div>` : nothing}
      <footer>${running ? html`<span class=${waiting ? "alert" : "good"}>${waiting ? say("orders.silent", { n: count(waiting) }) : say("orders.all_answered")}</span>`
        : html`<span>${say("order.ended_by", { what: say(`order.state.${order.state}`), by: order.ended_by, time: order.ended_at ? minuteTime(order.ended_at) : "" })}</span>`}
        <span class="hint">${say("orders.total", { n: count(all) })}</span>
        <button @click=${() => open(order.id)}>${say("orders.open")}</button></footer></article>`;
  };
  const draw = () => {
    const orders = [...picture.layers.orders.values()].sort((a, b) => (b.counts.help ?? 0) - (a.counts.help ?? 0) || silent(b.counts) - silent(a.counts) || b.id.localeCompare(a.id));
    const shown = (side === "running" ? orders : ended).filter(fits).slice(0, SHOWN);
    render(html`
      <header><h2>${say("orders.title")}</h2><span class="hint">${say("orders.total", { n: orders.length })}</span></header>
      <nav class="sides">${["running", "ended"].map((name) => html`<button aria-current=${side === name} data-side=${name} @click=${() => { side = name; if (name === "ended") load(); draw(); }}>${say(`orders.${name}_tab`, { n: orders.length })}</button>`)}</nav>
      ${orders.length > 3 || side === "ended" || words ? html`<input class="wide" name="orders-search" placeholder=${say("orders.search")} aria-label=${say("orders.search")} .value=${words} @input=${(/** @type {any} */ e) => { words = e.target.value.trim(); draw(); }}>` : nothing}
      ${shown.length ? nothing : html`<p class="empty">${say(words ? "orders.none_found" : side === "running" ? "orders.none" : "orders.none_found")}</p>`}
      <div class="scroll">${shown.map((order, i) => one(order, i === 0 && side === "running"))}</div>`, root);
  };
  picture.listen((touched) => { if (touched.has("orders") || touched.has("area")) { draw(); if (side === "ended") load(); } });
  return draw;
}
