// What somebody tapped: a person, a ticket, a warning, a camera, with the next action beside it.
import { html, nothing, render } from "lit-html";
import { get, post } from "../api.mjs";
import { clockTime, minutesSince, minuteTime } from "../format.mjs";
import { dial } from "../phone.mjs";
import { say } from "../text.mjs";

/**
 * @param {HTMLElement} root
 * @param {{ picture: import("../live/picture.mjs").Picture, now: () => number, notify: (text: string, bad?: boolean) => void, enter: (area: string) => void,
 *           order: ((units: any[]) => void) | null, mayTicket: boolean, link: ((unit: { id: string, name: string }) => void) | null, trail: (points: [number, number][]) => void }} act
 */
export function cardPanel(root, act) {
  /** @type {{ kind: string, id: string } | null} */
  let shown = null;
  const close = () => { shown = null; root.hidden = true; render(nothing, root); act.trail([]); };
  const head = (/** @type {string} */ title, /** @type {unknown} */ hint) => html`<header><h2>${title}</h2><span class="hint">${hint}</span>
    <button class="close" title=${say("action.close")} @click=${close}>×</button></header>`;
  const fill = (/** @type {unknown} */ content) => { root.hidden = false; render(/** @type {any} */ (content), root); };

  /** @param {string} kind @param {string} id @param {() => Promise<unknown>} load */
  const open = async (kind, id, load) => {
    shown = { kind, id };
    act.trail([]);
    try {
      const content = await load();
      if (shown?.id === id) fill(content);
    } catch (error) {
      fill(html`${head(say(`card.${kind}`), nothing)}<p class="problem">${error instanceof Error ? error.message : String(error)}</p>`);
    }
  };

  const person = (/** @type {any} */ unit) => html`${head(unit.name, unit.roles.map((/** @type {string} */ r) => say(`role.${r}`)).join("、"))}
    <p><span class="duty ${unit.duty}">${say(`duty.${unit.duty}`)}</span> · ${unit.place}</p>
    <p class="hint">${unit.skills.map((/** @type {string} */ s) => say(`skill.${s}`)).join("、")} ${unit.position ? say("card.last_seen", { time: clockTime(unit.position.at) }) : say("card.no_position")}</p>
    <footer class="actions"><button data-call @click=${() => call(unit)}>${say("action.call")} ${unit.phone}</button>
      ${act.order ? html`<button class="primary" @click=${() => act.order?.([unit])}>${say("card.order_one")}</button>` : nothing}
      ${act.link ? html`<button data-link @click=${() => act.link?.(unit)}>${say("link.open")}</button>` : nothing}
      <button @click=${async () => act.trail((await get(`/units/${unit.id}/trail`)).trail)}>${say("card.trail")}</button>
      <button @click=${() => act.enter(unit.area_code)}>${say("card.go")}</button></footer>`;

  const call = async (/** @type {any} */ unit) => {
    try {
      const phone = await dial(unit.id);
      if (shown?.kind === "person") fill(person({ ...unit, phone }));
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };

  const move = async (/** @type {any} */ ticket, /** @type {any} */ body) => {
    try {
      await post(`/tickets/${ticket.id}/moves`, body);
      act.notify(say("ticket.done_note"));
      openTicket(ticket.id);
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };

  const ticketCard = async (/** @type {string} */ id) => {
    const ticket = await get(`/tickets/${id}`);
    const assignable = act.mayTicket && ["reported", "assigned", "handling"].includes(ticket.state);
    const near = assignable ? (await get(`/units?area=${ticket.area_code.slice(0, 12)}&limit=200`)).units.filter((/** @type {any} */ u) => u.duty === "on_duty" && u.id !== ticket.handler_unit_id) : [];
    near.sort((/** @type {any} */ a, /** @type {any} */ b) => Number(ticket.area_code.startsWith(b.area_code)) - Number(ticket.area_code.startsWith(a.area_code)));
    return html`${head(say(`ticket.${ticket.kind}`), html`<span class="badge ${ticket.level}">${say(`level.${ticket.level}`)}</span> ${say(`ticket.state.${ticket.state}`)}`)}
      <p>${ticket.place}</p><p class="order-text">${ticket.text}</p>
      ${ticket.photo_id ? html`<a href="/api/v1/photos/${ticket.photo_id}" target="_blank" rel="noopener"><img class="photo" alt=${say("report.photo")} src="/api/v1/photos/${ticket.photo_id}"></a>` : nothing}
      <p class="hint">${say("ticket.by", { name: ticket.reporter, time: minuteTime(ticket.reported_at) })}${ticket.handler ? html` · ${say("ticket.handler", { name: ticket.handler })}` : nothing}
        · ${ticket.overdue ? html`<span class="alert">${say("ticket.overdue", { m: minutesSince(ticket.due_at, act.now()) })}</span>` : say("ticket.due", { m: Math.max(0, Math.ceil((Date.parse(ticket.due_at) - act.now()) / 60000)) })}</p>
      <ol class="steps">${ticket.steps.map((/** @type {any} */ s) => html`<li><time>${clockTime(s.at)}</time> ${s.actor} ${say(`ticket.action.${s.action}`)}</li>`)}</ol>
      ${act.mayTicket ? html`<footer class="actions">
        ${near.slice(0, 3).map((/** @type {any} */ u, /** @type {number} */ i) => html`<button class=${i === 0 ? "primary" : ""} @click=${() => move(ticket, { action: "assign", unit: u.id })}>${say("ticket.assign", { name: u.name })}</button>`)}
        ${assignable && !near.length ? html`<span class="hint">${say("ticket.nobody")}</span>` : nothing}
        ${ticket.state === "handled" ? html`<button class="primary" @click=${() => move(ticket, { action: "close", rating: 5 })}>${say("ticket.close")}</button>
          <button @click=${() => move(ticket, { action: "reject" })}>${say("ticket.reject")}</button>` : nothing}
        <button @click=${() => act.enter(ticket.area_code)}>${say("card.go")}</button></footer>` : nothing}`;
  };
  const openTicket = (/** @type {string} */ id) => open("ticket", id, () => ticketCard(id));

  // a ticket that somebody else moves on meanwhile is shown as it is now
  act.picture.listen((touched) => { if (touched.has("tickets") && shown?.kind === "ticket") openTicket(shown.id); });

  return {
    close,
    ticket: openTicket,
    /** @param {string} id */
    unit: (id) => open("person", id, async () => person(await get(`/units/${id}`))),
    /** @param {number} number */
    unitByNumber: (number) => open("person", String(number), async () => person(await get(`/units/by-number/${number}`))),
    /** @param {string} id */
    warning: (id) => open("warning", id, async () => {
      const warning = act.picture.layers.warnings.get(id);
      if (!warning) throw new Error(say("warning.none"));
      return html`${head(warning.headline, html`<span class="badge ${warning.level}">${say(`level.${warning.level}`)}</span>`)}
        <p>${say("warning.from", { time: minuteTime(warning.effective) })} – ${minuteTime(warning.expires)} · ${warning.sender}</p>
        <p class="order-text">${warning.description}</p><p class="order-text">${warning.instruction}</p>`;
    }),
    /** @param {any} point */
    video: (point) => open("video", point.code, async () => html`${head(point.name, say(`video.kind.${point.kind}`))}
      <div class="camera large ${point.online ? "online" : "offline"}"><span class="camera-state">${say(point.online ? "video.online" : "video.offline")}</span><span class="camera-name">${say("card.stream_none")}</span></div>
      <p class="hint">${point.code}</p>`),
  };
}
