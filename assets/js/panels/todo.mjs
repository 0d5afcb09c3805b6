// What waits for the person at a tablet: tickets of the whole scope to assign or to check, the late and the worst first.
import { html, nothing, render } from "lit-html";
import { get } from "../api.mjs";
import { minuteTime } from "../format.mjs";
import { rank } from "../levels.mjs";
import { say } from "../text.mjs";
import { timeLeft } from "./time_left.mjs";

const WAITING = ["reported", "handled"];
const SHOWN = 12;
/** While a smaller place is open, the rest of the scope is asked for so often. */
const ASK_MS = 5000;

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now @param {(id: string) => void} open
 * @param {{ scope: string, placeOf: (code: string) => string, counted: () => void }} about
 */
export function todoPanel(root, picture, now, open, about) {
  /** @type {any[]} */
  let asked = [];
  let shown = 0;
  /** @type {string[]} */
  let order = [];
  const whole = () => picture.area === about.scope || picture.area === "";
  const ask = async () => {
    if (whole() || getComputedStyle(root).display === "none") return;
    try {
      asked = (await get(`/tickets?area=${about.scope}&limit=1000`)).tickets;
      draw();
    } catch { /* said elsewhere; what is known stays */ }
  };
  const draw = () => {
    const tickets = (whole() ? [...picture.layers.tickets.values()] : asked).filter((ticket) => WAITING.includes(ticket.state))
      .sort((a, b) => Number(b.overdue) - Number(a.overdue) || rank(a.level) - rank(b.level) || a.id.localeCompare(b.id));
    // a card does not move away from under a finger
    if (root.matches(":hover")) tickets.sort((a, b) => (order.indexOf(a.id) + 1 || 1e6) - (order.indexOf(b.id) + 1 || 1e6));
    order = tickets.map((ticket) => ticket.id);
    if (tickets.length !== shown) { shown = tickets.length; about.counted(); }
    render(html`
      <header><h2>${say("ticket.mine")}</h2><span class="hint">${say("ticket.count", { n: tickets.length })}</span></header>
      ${tickets.length ? nothing : html`<p class="empty">${say("ticket.nothing_waits")}</p>`}
      ${tickets.slice(0, SHOWN).map((ticket) => html`<article class="todo" data-ticket=${ticket.id}>
        <header><span class="badge ${ticket.level}">${say(`level.${ticket.level}`)}</span><b>${say(`ticket.${ticket.kind}`)}</b>
          <span class=${ticket.overdue ? "alert" : "hint"}>${say(`ticket.state.${ticket.state}`)} · ${timeLeft(ticket, now())}</span></header>
        <p>${about.placeOf(ticket.area_code)}${ticket.handler ? html` · ${say("ticket.handler", { name: ticket.handler })}` : nothing}${ticket.photo_id ? html` · ${say("report.photo_kept")}` : nothing}</p>
        ${ticket.text ? html`<p class="clamp">${ticket.text}</p><p class="hint">${say("ticket.by", { name: ticket.reporter, time: minuteTime(ticket.reported_at) })}</p>` : nothing}
        <button class="primary" @click=${() => open(ticket.id)}>${say(ticket.state === "handled" ? "ticket.check" : "ticket.hand_out")}</button></article>`)}`, root);
  };
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("area")) { draw(); if (touched.has("area")) void ask(); } });
  setInterval(ask, ASK_MS);
  return { draw, get count() { return shown; } };
}
