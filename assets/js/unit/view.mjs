// What the field page shows: the current order with one big button, the report form, oneself.
import { html, nothing, render } from "lit-html";
import { minuteTime } from "../format.mjs";
import { LEVELS } from "../levels.mjs";
import { say } from "../text.mjs";
import { KINDS } from "../ticket_kinds.mjs";
import { smaller } from "./picture.mjs";
import { banners, orderView } from "./order_view.mjs";
import { minutesWrong } from "./server_clock.mjs";

/** The report that is being written survives a change of tab. @type {{ kind: string, level: string, text: string, photo: Blob | null, place: { lon: number, lat: number, accuracy: number } | null, problem: string }} */
export const draft = { kind: "", level: "yellow", text: "", photo: null, place: null, problem: "" };

/** @param {HTMLElement} root @param {any} model */
export function view(root, model) {
  const { unit, state, act } = model;
  render(html`
    <header class="unit-head"><b>${unit.name}</b><span class="hint" title=${unit.place}>${unit.place}</span><span class="duty ${state.duty}">${say(`duty.${state.duty}`)}</span></header>
    <div>${banners(model)}${network(model)}${state.note ? html`<div class="unit-net sending" role="status">${state.note}</div>` : nothing}</div>
    <section class="unit-body">${state.tab === "order" ? orderView(model) : state.tab === "report" ? reportView(model) : meView(model)}</section>
    <nav class="unit-tabs">${["order", "report", "me"].map((tab) => html`<button aria-current=${state.tab === tab} data-tab=${tab} @click=${() => act.tab(tab)}>${say(`unit.tab.${tab}`)}${tab === "order" && model.work.open().length ? html` <b class="dot">${model.work.open().length}</b>` : nothing}</button>`)}</nav>`, root);
}

/** What is kept and will be sent. @param {any} model */
function network({ state }) {
  if (state.signedOut) return html`<div class="unit-net bad" role="alert"><a href="/signin?next=/unit">${say("unit.signin_again")}</a></div>`;
  if (!state.lasting) return html`<div class="unit-net bad" role="alert">${say("unit.nothing_kept")}</div>`;
  if (minutesWrong()) return html`<div class="unit-net" role="status">${say("unit.clock_wrong", { m: Math.abs(minutesWrong()) })}</div>`;
  if (!state.connected && !state.tried) return html`<div class="unit-net sending" role="status">${say("unit.connecting")}</div>`;
  if (!state.connected) return html`<div class="unit-net" role="status">${state.waiting ? say("unit.offline", { n: state.waiting }) : say("unit.offline_none")}</div>`;
  if (state.waiting) return html`<div class="unit-net sending" role="status">${say("unit.sending", { n: state.waiting })}</div>`;
  return nothing;
}

/** @param {any} model */
function reportView({ sharing, act }) {
  const locate = async () => { draft.place = await sharing.here(); draft.problem = draft.place ? "" : say(sharing.problem || "unit.location_unavailable"); act.redraw(); };
  const send = () => {
    if (!draft.kind || !draft.text.trim() || !draft.place) { draft.problem = say("report.needs"); act.redraw(); return; }
    const { kind, level, text, place, photo } = draft;
    act.report({ kind, level, text: text.trim(), lon: place.lon, lat: place.lat }, photo);
    Object.assign(draft, { kind: "", level: "yellow", text: "", photo: null, place: null, problem: "" });
  };
  return html`<div class="unit-form"><h2>${say("report.title")}</h2>
    <div class="unit-kinds">${KINDS.map((kind) => html`<button aria-pressed=${draft.kind === kind} data-kind=${kind} @click=${() => { draft.kind = kind; act.redraw(); }}>${say(`ticket.${kind}`)}</button>`)}</div>
    <div class="unit-levels" role="group" aria-label=${say("report.level")}>${LEVELS.map((level) => html`<button class=${level} aria-pressed=${draft.level === level} @click=${() => { draft.level = level; act.redraw(); }}>${say(`level.${level}`)}</button>`)}</div>
    <textarea placeholder=${say("report.text_hint")} maxlength="2000" aria-label=${say("report.text")} .value=${draft.text} @input=${(/** @type {any} */ e) => { draft.text = e.target.value; }}></textarea>
    <div class="two"><label class="file">${draft.photo ? say("report.photo_kept") : say("report.photo")}<input type="file" accept="image/jpeg,image/png,image/webp" capture="environment" @change=${async (/** @type {any} */ e) => { draft.photo = e.target.files[0] ? await smaller(e.target.files[0]) : null; act.redraw(); }}></label>
      <button data-locate @click=${locate}>${draft.place ? say("report.place_known", { m: draft.place.accuracy }) : say("report.place_here")}</button></div>
    ${draft.problem ? html`<p class="problem" role="alert">${draft.problem}</p>` : nothing}
    <button class="primary" data-send @click=${send}>${say("report.send")}</button></div>`;
}

/** @param {any} model */
function meView({ sharing, state, act }) {
  return html`
    <h2>${say("unit.location")}</h2>
    <button aria-pressed=${sharing.on} @click=${act.toggleSharing}>${say(sharing.on ? "unit.location_on" : "unit.location_off")}</button>
    ${sharing.problem ? html`<p class="problem">${say(sharing.problem)}</p>` : nothing}
    ${sharing.refused ? html`<p class="problem" role="alert">${say("unit.position_refused", { problem: sharing.refused })}</p>` : nothing}
    <button @click=${() => act.duty(state.duty === "on_duty" ? "off_duty" : "on_duty")}>${say(state.duty === "on_duty" ? "unit.duty_off" : "unit.duty_on")}</button>
    ${state.push === "unsupported" ? nothing : html`<button data-push aria-pressed=${state.push === "on"} ?disabled=${state.push === "denied"} @click=${act.push}>${say(`push.${state.push || "off"}`)}</button>`}
    ${state.refused.map((/** @type {any} */ entry) => html`<div class="unit-order"><p>${say("unit.refused", { problem: entry.refused })}</p><button @click=${() => act.forget(entry.id)}>${say("action.close")}</button></div>`)}
    <h2>${say("unit.history")}</h2>
    ${state.log.length ? nothing : html`<p class="empty">${say("unit.history_none")}</p>`}
    <ol class="unit-log">${state.log.map((/** @type {any} */ line) => html`<li><time>${minuteTime(line.at)}</time><span>${line.text}</span><span class="state ${line.state === "sent" ? "good" : line.state === "refused" ? "alert" : "hint"}">${say(line.state === "sent" ? "unit.confirmed" : line.state === "refused" ? "unit.not_taken" : "unit.waiting")}</span></li>`)}</ol>
    ${state.reported.length ? html`<h2>${say("unit.reported")}</h2><ol class="unit-log">${state.reported.map((/** @type {any} */ ticket) => html`<li><time>${minuteTime(ticket.reported_at)}</time>
      <span>${say(`ticket.${ticket.kind}`)} ${ticket.text}</span><span class="state">${say(`ticket.state.${ticket.state}`)}${ticket.handler ? ` · ${ticket.handler}` : ""}</span></li>`)}</ol>` : nothing}
    ${state.past.length ? html`<h2>${say("unit.past_orders")}</h2>${state.past.map((/** @type {any} */ delivery) => html`<details class="unit-past"><summary><time>${minuteTime(delivery.order.sent_at)}</time> ${delivery.order.title} · ${say(`delivery.${delivery.state}`)}</summary><p>${delivery.order.text}</p></details>`)}` : nothing}
    <form method="post" action="/signout" @submit=${act.signOut}><button type="submit">${say("unit.signout")}</button></form>`;
}

