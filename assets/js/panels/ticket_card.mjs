// One ticket: where, what, who rang up, what was done with which words and pictures; and its next step.
import { html, nothing } from "lit-html";
import { get } from "../api.mjs";
import { clockTime, minuteTime } from "../format.mjs";
import { say } from "../text.mjs";
import { timeLeft } from "./time_left.mjs";

const HANDS_SHOWN = 8;
/** Enough to choose from: then the search for hands goes no farther. */
const ENOUGH = 5;
/** How far it goes: community, street, district. */
const REACH = [12, 9, 6];

/** @param {string} id @returns {Promise<{ ticket: any, hands: any[] }>} */
export async function loadTicket(id, /** @type {boolean} */ mayTicket, /** @type {string} */ scope) {
  const ticket = await get(`/tickets/${id}`);
  /** @type {any[]} */
  let hands = [];
  if (mayTicket && ["reported", "assigned", "handling"].includes(ticket.state)) {
    for (const digits of REACH) {
      const area = ticket.area_code.slice(0, digits);
      if (!area.startsWith(scope) && !scope.startsWith(area)) break;
      hands = (await get(`/units?area=${area.startsWith(scope) ? area : scope}&limit=500`)).units.filter((/** @type {any} */ unit) => unit.duty === "on_duty" && unit.id !== ticket.handler_unit_id);
      if (hands.length >= ENOUGH) break;
    }
    const near = (/** @type {any} */ unit) => [...ticket.area_code].findIndex((digit, i) => digit !== unit.area_code[i]) + (ticket.area_code.startsWith(unit.area_code) ? 100 + unit.area_code.length : 0);
    hands.sort((one, other) => near(other) - near(one));
  }
  return { ticket, hands };
}

/**
 * @param {{ ticket: any, hands: any[] }} about @param {(title: string, hint: unknown) => unknown} head
 * @param {{ now: () => number, mayTicket: boolean, rating: number, filter: string, change: (what: { rating?: number, filter?: string }) => void, move: (body: any) => void,
 *           enter: (area: string) => void, ring: (() => void) | null }} act
 */
export function ticketContent({ ticket, hands }, head, act) {
  const roles = (/** @type {any} */ unit) => unit.roles.map((/** @type {string} */ role) => say(`role.${role}`)).join("、");
  const fitting = hands.filter((unit) => !act.filter || `${unit.name}${roles(unit)}`.includes(act.filter));
  const open = html`<span class=${ticket.overdue ? "alert" : ""}>${timeLeft(ticket, act.now())}</span>`;
  const left = ticket.state === "closed" ? say("ticket.closed") : open;
  const photo = (/** @type {string} */ id) => html`<a href="/api/v1/photos/${id}" target="_blank" rel="noopener"><img class="photo" alt=${say("report.photo")} src="/api/v1/photos/${id}"></a>`;
  return html`${head(say(`ticket.${ticket.kind}`), html`<span class="badge ${ticket.level}">${say(`level.${ticket.level}`)}</span> ${say(`ticket.state.${ticket.state}`)}`)}
    <p>${ticket.address || ticket.place}</p><p class="order-text">${ticket.text}</p>
    ${ticket.photo_id ? photo(ticket.photo_id) : nothing}
    <p class="hint">${say("ticket.by", { name: ticket.reporter, time: minuteTime(ticket.reported_at) })}${ticket.seen_at ? html` · ${say("ticket.seen", { time: minuteTime(ticket.seen_at) })}` : nothing}${ticket.handler ? html` · ${say("ticket.handler", { name: ticket.handler })}` : nothing} · ${left}</p>
    ${ticket.caller ? html`<p>${act.ring ? html`<button data-caller @click=${act.ring}>${say("ticket.caller", { phone: ticket.caller })}</button>` : say("ticket.caller", { phone: ticket.caller })}</p>` : nothing}
    <ol class="steps">${ticket.steps.map((/** @type {any} */ step) => html`<li><time>${clockTime(step.at)}</time> ${step.actor} ${say(`ticket.action.${step.action}`)}${step.note && step.note !== ticket.text ? html`：${step.note}` : nothing}
      ${step.photo_id && step.photo_id !== ticket.photo_id ? photo(step.photo_id) : nothing}</li>`)}</ol>
    ${act.mayTicket && hands.length ? html`<h3>${say("ticket.hands")}</h3><input name="hands" aria-label=${say("ticket.filter_hands")} placeholder=${say("ticket.filter_hands")} .value=${act.filter} @input=${(/** @type {any} */ e) => act.change({ filter: e.target.value.trim() })}>
      <div class="hands">${fitting.slice(0, HANDS_SHOWN).map((unit, i) => html`<button class="row ${i === 0 && ticket.state === "reported" ? "first" : ""}" data-assign=${unit.id} @click=${() => act.move({ action: "assign", unit: unit.id, was: ticket.handler_unit_id })}>
        <b>${unit.name}</b><span class="grow hint">${roles(unit)}</span><span>${say(ticket.handler ? "ticket.assign_other" : "ticket.hand_out")}</span></button>`)}</div>
      ${fitting.length ? nothing : html`<p class="empty">${say("ticket.nobody")}</p>`}` : nothing}
    ${act.mayTicket && ["reported", "assigned", "handling"].includes(ticket.state) && !hands.length ? html`<p class="hint">${say("ticket.nobody")}</p>` : nothing}
    ${act.mayTicket && ticket.state === "handled" ? html`<p>${say("ticket.rate")}</p><div class="segments" role="radiogroup" aria-label=${say("ticket.rate")}>${[1, 2, 3, 4, 5].map((n) => html`<label><input type="radio" name="rating" value=${n} .checked=${act.rating === n} @change=${() => act.change({ rating: n })}>${say("ticket.stars", { n })}</label>`)}</div>` : nothing}
    <footer class="actions">
      ${act.mayTicket && ticket.state === "handled" ? html`<button class="primary" ?disabled=${!act.rating} @click=${() => act.move({ action: "close", rating: act.rating })}>${say("ticket.close")}</button>
        <button @click=${() => act.move({ action: "reject" })}>${say("ticket.reject")}</button>` : nothing}
      <button @click=${() => act.enter(ticket.area_code)}>${say("card.go")}</button></footer>`;
}
