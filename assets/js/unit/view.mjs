// What the field page shows: the current order with one big button, the report form, oneself.
import { html, nothing, render } from "lit-html";
import { minuteTime } from "../format.mjs";
import { LEVELS } from "../levels.mjs";
import { say } from "../text.mjs";
import { messageList, writingLine } from "../talk.mjs";
import { nextStep, STEPS } from "./work.mjs";

const REASONS = ["far", "blocked", "busy", "hurt"];
const KINDS = ["waterlogging", "landslide", "drain_blocked", "fallen_tree", "road_damage", "dangerous_building", "person_in_need", "fire", "gas_leak", "power_failure", "other"];
/** The report that is being written survives a change of tab. @type {{ kind: string, level: string, text: string, photo: Blob | null, place: { lon: number, lat: number, accuracy: number } | null, problem: string, reason: string }} */
export const draft = { kind: "", level: "yellow", text: "", photo: null, place: null, problem: "", reason: "" };

/** @param {HTMLElement} root @param {any} model */
export function view(root, model) {
  const { unit, state, act } = model;
  render(html`
    <header class="unit-head"><b>${unit.name}</b><span class="hint" title=${unit.place}>${unit.place}</span><span class="duty ${state.duty}">${say(`duty.${state.duty}`)}</span></header>
    <div>${network(model)}${state.note ? html`<div class="unit-net sending" role="status">${state.note}</div>` : nothing}</div>
    <section class="unit-body">${state.tab === "order" ? orderView(model) : state.tab === "report" ? reportView(model) : meView(model)}</section>
    <nav class="unit-tabs">${["order", "report", "me"].map((tab) => html`<button aria-current=${state.tab === tab} data-tab=${tab} @click=${() => act.tab(tab)}>${say(`unit.tab.${tab}`)}</button>`)}</nav>`, root);
}

/** What is kept and will be sent. @param {any} model */
function network({ state }) {
  if (state.signedOut) return html`<div class="unit-net bad" role="alert"><a href="/signin?next=/unit">${say("unit.signin_again")}</a></div>`;
  if (!state.connected) return html`<div class="unit-net" role="status">${state.waiting ? say("unit.offline", { n: state.waiting }) : say("unit.offline_none")}</div>`;
  if (state.waiting) return html`<div class="unit-net sending" role="status">${say("unit.sending", { n: state.waiting })}</div>`;
  return nothing;
}

/** @param {any} model */
function orderView({ work, unread, state, act }) {
  const open = work.open();
  const [delivery] = open;
  if (!delivery) return html`<div class="unit-empty"><b>${say("unit.no_order")}</b>${say("unit.no_order_hint")}</div>`;
  const { order } = delivery, check = order.kind === "check_in", next = nextStep(delivery.state, order.kind);
  if (state.declining === delivery.id) return declineView(delivery, act);
  if (state.handing?.delivery === delivery.id) return handView(state.handing, act);
  if (state.talking?.delivery === delivery.id) return talkView(state.talking, act);
  return html`
    <article class="unit-order ${order.priority}" data-delivery=${delivery.id} data-state=${delivery.state}>
      <header><span class="badge ${order.priority === "critical" ? "red" : order.priority === "urgent" ? "orange" : "none"}">${say(`priority.${order.priority}`)}</span>
        <span>${say("unit.from", { sender: order.sender })}</span><span class="hint">${minuteTime(order.sent_at)}</span></header>
      <h1>${order.title}</h1><p>${order.text}</p>
      ${order.deadline ? html`<span class="hint">${say("unit.deadline", { time: minuteTime(order.deadline) })}</span>` : nothing}
    </article>
    ${check ? nothing : html`<ol class="unit-steps">${STEPS.map((step) => html`<li class=${delivery.times[step] ? "done" : step === next ? "next" : ""}>${say(`delivery.${step}`)}<small>${delivery.times[step] ? minuteTime(delivery.times[step]) : ""}</small></li>`)}</ol>`}
    ${open.length > 1 ? html`<p class="hint">${say("unit.more", { n: open.length - 1 })}</p>` : nothing}
    ${next ? html`<button class="unit-main" data-step=${next} @click=${() => act.answer(delivery.id, next)}>${say(check ? "unit.i_am_safe" : `delivery.${next}`)}</button>` : nothing}
    <div class="unit-side">${check
      ? html`<button class="danger" data-help @click=${() => act.needHelp(delivery.id)}>${say("unit.need_help")}</button>`
      : html`<button @click=${() => act.decline(delivery.id)}>${say("delivery.declined")}</button><button data-hand-over @click=${() => act.handOver(delivery.id)}>${say("unit.hand_over")}</button>`}
      <button data-talk @click=${() => act.talk(delivery.id)}>${say("talk.open")}${unread.of(delivery.id) ? html` <b class="said">${unread.of(delivery.id)}</b>` : nothing}</button>
      <button @click=${() => act.tab("report")}>${say("unit.tab.report")}</button></div>`;
}

/** @param {any} delivery @param {any} act */
function declineView(delivery, act) {
  return html`<h2>${say("unit.decline_why")}</h2>
    <div class="unit-reasons">${REASONS.map((reason) => html`<button aria-pressed=${draft.reason === reason} @click=${() => { draft.reason = reason; act.redraw(); }}>${say(`unit.reason.${reason}`)}</button>`)}</div>
    <button class="unit-main danger" ?disabled=${!draft.reason} @click=${() => { act.answer(delivery.id, "declined", say(`unit.reason.${draft.reason}`)); draft.reason = ""; }}>${say("delivery.declined")}</button>
    <div class="unit-side"><button @click=${() => act.decline(null)}>${say("action.back")}</button></div>`;
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
    <div class="two"><label class="file">${draft.photo ? say("report.photo_kept") : say("report.photo")}<input type="file" accept="image/jpeg,image/png,image/webp" capture="environment" @change=${(/** @type {any} */ e) => { draft.photo = e.target.files[0] ?? null; act.redraw(); }}></label>
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
    <button @click=${() => act.duty(state.duty === "on_duty" ? "off_duty" : "on_duty")}>${say(state.duty === "on_duty" ? "unit.duty_off" : "unit.duty_on")}</button>
    ${state.push === "unsupported" ? nothing : html`<button data-push aria-pressed=${state.push === "on"} ?disabled=${state.push === "denied"} @click=${act.push}>${say(`push.${state.push || "off"}`)}</button>`}
    ${state.refused.map((/** @type {any} */ entry) => html`<div class="unit-order"><p>${say("unit.refused", { problem: entry.refused })}</p><button @click=${() => act.forget(entry.id)}>${say("action.close")}</button></div>`)}
    <h2>${say("unit.history")}</h2>
    <ol class="unit-log">${state.log.map((/** @type {any} */ line) => html`<li><time>${minuteTime(line.at)}</time><span>${line.text}</span><span class="state ${line.state === "sent" ? "good" : "hint"}">${say(line.state === "sent" ? "unit.confirmed" : "unit.waiting")}</span></li>`)}</ol>
    <form method="post" action="/signout" @submit=${act.signOut}><button type="submit">${say("unit.signout")}</button></form>`;
}

/** Who takes over. @param {{ delivery: string, units: { id: string, name: string, roles: string[] }[] | null, problem: string }} handing @param {any} act */
function handView(handing, act) {
  return html`<h2>${say("unit.hand_over_to")}</h2>
    ${handing.problem ? html`<p class="problem" role="alert">${handing.problem}</p>` : nothing}
    ${handing.units === null ? html`<p class="hint">${say("state.loading")}</p>` : handing.units.length ? nothing : html`<p class="empty">${say("unit.no_colleague")}</p>`}
    <div class="unit-reasons">${(handing.units ?? []).map((one) => html`<button data-to=${one.id} @click=${() => act.handOverTo(handing.delivery, one)}><b>${one.name}</b><span class="hint">${one.roles.map((role) => say(`role.${role}`)).join("、")}</span></button>`)}</div>
    <div class="unit-side"><button @click=${() => act.handOver(null)}>${say("action.back")}</button></div>`;
}

/** @param {{ delivery: string, messages: import("../talk.mjs").Message[], draft: import("../talk.mjs").Draft, recorder: import("../talk.mjs").Recorder }} talking @param {any} act */
function talkView(talking, act) {
  return html`<h2>${say("talk.desk")}</h2>${messageList(talking.messages, true)}
    ${writingLine(talking.draft, talking.recorder, act.redraw, () => act.write(talking.delivery))}
    <div class="unit-side"><button @click=${() => act.talk(null)}>${say("action.back")}</button></div>`;
}
