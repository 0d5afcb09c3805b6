// A small place: who is in charge, on duty or not, what each has answered; warnings in force; open tickets.
import { html, nothing, render } from "lit-html";

import { isDetail } from "../codes.mjs";
import { minutesSince, minuteTime } from "../format.mjs";
import { rank } from "../levels.mjs";
import { dial } from "../phone.mjs";
import { say } from "../text.mjs";

const MOST = 60;
/** On a tablet the panel has a pane of its own, which must not be empty. */
const ONE_PANE = matchMedia("(max-width: 1100px)");

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now
 * @param {{ openUnit: (id: string) => void, openTicket: (id: string) => void, openWarning: (id: string) => void, order: ((units: any[]) => void) | null,
 *           notify: (text: string, bad?: boolean) => void }} act
 */
export function peoplePanel(root, picture, now, act) {
  /** The newest delivery of each unit. */
  const answers = () => {
    const found = new Map();
    for (const delivery of picture.layers.deliveries.values()) {
      const known = found.get(delivery.unit_id);
      if (!known || known.order_id < delivery.order_id) found.set(delivery.unit_id, delivery);
    }
    return found;
  };
  /** Numbers that were asked for here: they stay readable while this page lives. @type {Map<string, string>} */
  const dialled = new Map();
  const call = async (/** @type {string} */ unit) => {
    try {
      dialled.set(unit, await dial(unit));
      draw();
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };
  const draw = () => {
    root.hidden = !isDetail(picture.area) && !ONE_PANE.matches;
    if (root.hidden) return;
    if (!isDetail(picture.area)) return render(html`<header><h2>${say("people.title")}</h2></header><p class="empty">${say("people.choose")}</p>`, root);
    const newest = answers();
    const units = [...picture.layers.units.values()].sort((a, b) =>
      Number(b.duty === "on_duty") - Number(a.duty === "on_duty") || b.area_code.length - a.area_code.length || a.id.localeCompare(b.id));
    const onDuty = units.filter((unit) => unit.duty === "on_duty");
    const warnings = [...picture.layers.warnings.values()].sort((a, b) => rank(a.level) - rank(b.level));
    const tickets = [...picture.layers.tickets.values()].sort((a, b) => Number(b.overdue) - Number(a.overdue) || rank(a.level) - rank(b.level));
    render(html`
      <header><h2>${say("people.title")}</h2><span class="hint">${say("people.count", { on: onDuty.length, all: units.length })}</span></header>
      ${units.length ? nothing : html`<p class="empty">${say("people.none")}</p>`}
      <div class="scroll"><table class="people"><tbody>${units.slice(0, MOST).map((unit) => {
        const delivery = newest.get(unit.id);
        return html`<tr class=${unit.duty} data-unit=${unit.id}>
          <td class="name"><button class="link" title=${unit.name} @click=${() => act.openUnit(unit.id)}>${unit.name}</button></td>
          <td class="roles" title=${unit.roles.map((/** @type {string} */ role) => say(`role.${role}`)).join("、")}>${unit.roles.map((/** @type {string} */ role) => say(`role.${role}`)).join("、")}</td>
          <td class="duty">${say(`duty.${unit.duty}`)}</td>
          <td class="answer">${delivery ? html`<span class="state ${delivery.state}" title=${picture.layers.orders.get(delivery.order_id)?.title ?? ""}>${say(`delivery.${delivery.state}`)}</span>` : nothing}</td>
          <td class="phone"><button class="link" title=${say("action.call")} @click=${() => call(unit.id)}>${dialled.get(unit.id) ?? unit.phone}</button></td></tr>`;
      })}</tbody></table></div>
      ${act.order && onDuty.length ? html`<button class="primary" id="order-people" @click=${() => act.order?.(onDuty)}>${say("people.order")}</button>` : nothing}
      <h3>${say("warning.title")}</h3>
      ${warnings.length ? nothing : html`<p class="empty">${say("warning.none")}</p>`}
      ${warnings.slice(0, 3).map((warning) => html`<button class="row" @click=${() => act.openWarning(warning.id)}>
        <span class="badge ${warning.level}">${say(`level.${warning.level}`)}</span><span class="grow">${warning.headline}</span>
        <span class="hint">${left(warning.expires)}</span></button>`)}
      <h3>${say("ticket.title")}</h3>
      ${tickets.length ? nothing : html`<p class="empty">${say("ticket.none")}</p>`}
      ${tickets.slice(0, 6).map((ticket) => html`<button class="row" @click=${() => act.openTicket(ticket.id)}>
        <span class="badge ${ticket.level}">${say(`level.${ticket.level}`)}</span><span class="grow">${say(`ticket.${ticket.kind}`)} ${ticket.text}</span>
        <span class=${ticket.overdue ? "alert" : "hint"}>${ticket.overdue ? say("ticket.overdue", { m: minutesSince(ticket.due_at, now()) }) : say(`ticket.state.${ticket.state}`)}</span></button>`)}`, root);
  };
  const left = (/** @type {string} */ expires) => {
    const minutes = Math.max(0, Math.floor((Date.parse(expires) - now()) / 60000));
    return minutes > 2880 ? minuteTime(expires) : say("warning.left", { h: Math.floor(minutes / 60), m: minutes % 60 });
  };
  picture.listen((touched) => { if (["units", "deliveries", "warnings", "tickets", "area"].some((layer) => touched.has(layer))) draw(); });
  return draw;
}
