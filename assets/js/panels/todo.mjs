// What waits for the person at a tablet: tickets to assign or to check, the late and the worst first.
import { html, nothing, render } from "lit-html";
import { minutesSince, minuteTime } from "../format.mjs";
import { rank } from "../levels.mjs";
import { say } from "../text.mjs";

const WAITING = ["reported", "handled"];
const SHOWN = 12;

/** @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now @param {(id: string) => void} open */
export function todoPanel(root, picture, now, open) {
  const draw = () => {
    const tickets = [...picture.layers.tickets.values()].filter((ticket) => WAITING.includes(ticket.state))
      .sort((a, b) => Number(b.overdue) - Number(a.overdue) || rank(a.level) - rank(b.level) || a.id.localeCompare(b.id));
    render(html`
      <header><h2>${say("ticket.mine")}</h2><span class="hint">${say("ticket.count", { n: tickets.length })}</span></header>
      ${tickets.length ? nothing : html`<p class="empty">${say("ticket.none")}</p>`}
      ${tickets.slice(0, SHOWN).map((ticket) => html`<article class="todo">
        <header><span class="badge ${ticket.level}">${say(`level.${ticket.level}`)}</span><b>${say(`ticket.${ticket.kind}`)}</b>
          <span class=${ticket.overdue ? "alert" : "hint"}>${ticket.overdue ? say("ticket.overdue", { m: minutesSince(ticket.due_at, now()) }) : say(`ticket.state.${ticket.state}`)}</span></header>
        ${ticket.text ? html`<p>${ticket.text}</p><p class="hint">${say("ticket.by", { name: ticket.reporter, time: minuteTime(ticket.reported_at) })}</p>` : nothing}
        <button class="primary" @click=${() => open(ticket.id)}>${say(ticket.state === "handled" ? "ticket.check" : "ticket.hand_out")}</button></article>`)}`, root);
  };
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("area")) draw(); });
  return draw;
}
