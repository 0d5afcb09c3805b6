// What somebody tapped: a person, a ticket, a warning, a camera, with the next action beside it.
import { html, nothing, render } from "lit-html";
import { get, post } from "../api.mjs";
import { dayTime, minutesSince, minuteTime } from "../format.mjs";
import { dial, showNumber } from "../phone.mjs";
import { say } from "../text.mjs";
import { loadTicket, ticketContent } from "./ticket_card.mjs";

/** A position that is older than this says nothing of where somebody is. */
const STALE_MIN = 10;
/** A fix that is worse than this says so. */
const POOR_M = 100;

/**
 * @param {HTMLElement} root
 * @param {{ picture: import("../live/picture.mjs").Picture, now: () => number, notify: (text: string, bad?: boolean) => void, enter: (area: string) => void,
 *           order: ((units: any[]) => void) | null, mayTicket: boolean, mayContact: boolean, scope: string, link: ((unit: { id: string, name: string }) => void) | null, trail: (points: [number, number][]) => void }} act
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
    const fresh = shown?.id !== id;
    shown = { kind, id };
    act.trail([]);
    try {
      const content = await load();
      if (shown?.id !== id) return;
      fill(content);
      if (fresh) root.focus({ preventScroll: true }); // the keyboard goes on in what was opened
    } catch (error) {
      fill(html`${head(say(`card.${kind}`), nothing)}<p class="problem">${error instanceof Error ? error.message : String(error)}</p>`);
    }
  };

  const person = (/** @type {any} */ unit) => html`${head(unit.name, unit.roles.map((/** @type {string} */ r) => say(`role.${r}`)).join("、"))}
    <p><span class="duty ${unit.duty}">${say(`duty.${unit.duty}`)}</span> · ${unit.place}</p>
    <p class="hint">${unit.skills.map((/** @type {string} */ s) => say(`skill.${s}`)).join("、")} ${unit.position ? html`<span class=${minutesSince(unit.position.at, act.now()) >= STALE_MIN ? "alert" : ""}>${lastSeen(unit.position)}</span>` : say("card.no_position")}</p>
    <footer class="actions"><button data-call @click=${() => call(unit)}>${say("action.call")} ${unit.phone}</button>
      ${act.order ? html`<button class="primary" @click=${() => act.order?.([unit])}>${say("card.order_one")}</button>` : nothing}
      ${act.link ? html`<button data-link @click=${() => act.link?.(unit)}>${say("link.open")}</button>` : nothing}
      <button @click=${async () => act.trail((await get(`/units/${unit.id}/trail`)).trail)}>${say("card.trail")}</button>
      <button @click=${() => act.enter(unit.area_code)}>${say("card.go")}</button></footer>`;

  /** How long ago, and how well: yesterday's place must not look like now. */
  const lastSeen = (/** @type {any} */ position) => {
    const m = minutesSince(position.at, act.now());
    const age = m < 1 ? say("card.just_now") : m < 60 ? say("age.minutes", { m }) : m < 1440 ? say("card.hours", { h: Math.floor(m / 60), time: minuteTime(position.at) }) : say("card.on_day", { time: dayTime(position.at) });
    return say("card.last_seen", { age }) + (position.accuracy_m > POOR_M ? ` ${say("card.accuracy", { m: position.accuracy_m })}` : "");
  };
  const call = async (/** @type {any} */ unit) => {
    try {
      const phone = await dial(unit.id);
      if (shown?.kind === "person") fill(person({ ...unit, phone }));
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };

  /** The ticket that is open, as it was loaded; what was chosen in it stays while it is drawn again. @type {{ ticket: any, hands: any[] } | null} */
  let about = null;
  let rating = 0, filter = "";
  const move = async (/** @type {any} */ body) => {
    if (!about) return;
    try {
      await post(`/tickets/${about.ticket.id}/moves`, body);
      act.notify(say("ticket.done_note"));
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    openTicket(about.ticket.id);
  };
  const ring = async () => {
    try {
      const { phone } = await post(`/tickets/${about?.ticket.id}/caller`);
      void showNumber(phone);
      if (about) about.ticket.caller = phone;
      redraw();
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };
  const content = () => about && ticketContent(about, head, { now: act.now, mayTicket: act.mayTicket, rating, filter, enter: act.enter, move, ring: act.mayContact ? ring : null,
    change: (what) => { rating = what.rating ?? rating; filter = what.filter ?? filter; redraw(); } });
  const redraw = () => { if (shown?.kind === "ticket" && about?.ticket.id === shown.id) fill(content()); };

  const openTicket = (/** @type {string} */ id) => open("ticket", id, async () => {
    if (about?.ticket.id !== id) [rating, filter] = [0, ""];
    about = await loadTicket(id, act.mayTicket, act.scope);
    return content();
  });

  // a ticket that somebody else moves on meanwhile is shown as it is now
  act.picture.listen((touched) => { if (touched.has("tickets") && shown?.kind === "ticket") openTicket(shown.id); });

  return {
    close,
    draw: redraw,
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
