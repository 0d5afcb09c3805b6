// The orders of this unit: what calls stands over every page, all that is open can be opened, and the open one has one big button.
import { html, nothing } from "lit-html";
import { minuteTime } from "../format.mjs";
import { messageList, writingLine } from "../talk.mjs";
import { say } from "../text.mjs";
import { calls, nextStep, STEPS } from "./work.mjs";

const REASONS = ["far", "blocked", "busy", "hurt"];
const BADGE = /** @type {Record<string, string>} */ ({ critical: "red", urgent: "orange", normal: "none" });

/** The delivery that is before the person's eyes. @param {any} model */
export function opened({ work, state }) {
  const open = work.open();
  return open.find((/** @type {any} */ delivery) => delivery.id === state.opened) ?? open[0] ?? null;
}

/** What has come and is not acknowledged, over whatever is open; and what has ended while somebody may be on the way. @param {any} model */
export function banners(model) {
  const { work, state, act } = model;
  const shown = state.tab === "order" && !state.finishing && !state.declining && !state.handing && !state.talking ? opened(model)?.id : null;
  const calling = work.calling().filter((/** @type {any} */ delivery) => delivery.id !== shown);
  const [first] = calling;
  return html`${[...work.ended.values()].map((ended) => html`<div class="unit-banner ended" role="alert">
      <b>${say("unit.order_ended", { title: ended.order.title })}</b><button data-read=${ended.id} @click=${() => act.readEnded(ended.id)}>${say("unit.read")}</button></div>`)}
    ${first ? html`<div class="unit-banner ${first.order.priority}" role="alert" data-calling=${first.id}>
      <button class="grow" data-open @click=${() => act.open(first.id)}><span class="badge ${BADGE[first.order.priority]}">${say(`priority.${first.order.priority}`)}</span> ${first.order.title}
        ${calling.length > 1 ? html`<small>${say("unit.calling_more", { n: calling.length - 1 })}</small>` : nothing}</button>
      <button class="primary" data-acknowledge ?disabled=${act.held()} @click=${() => act.answer(first.id, "acknowledged")}>${say("delivery.acknowledged")}</button></div>` : nothing}`;
}

/** @param {any} model */
export function orderView(model) {
  const { work, unread, state, act } = model;
  const open = work.open(), delivery = opened(model);
  if (!delivery) return html`<div class="unit-empty"><b>${say("unit.no_order")}</b>${say("unit.no_order_hint")}</div>`;
  if (state.declining === delivery.id) return declineView(delivery, model);
  if (state.finishing?.delivery === delivery.id) return finishView(delivery, model);
  if (state.handing?.delivery === delivery.id) return handView(state.handing, act);
  if (state.talking?.delivery === delivery.id) return talkView(state.talking, act);
  return html`${open.length > 1 ? list(open, delivery, act) : nothing}${delivery.state === "help" ? helpView(delivery, unread, act) : oneView(delivery, unread, act)}`;
}

/** All that is open; each can be opened, and what calls be acknowledged at once. @param {any[]} open @param {any} chosen @param {any} act */
const list = (open, chosen, act) => html`<ol class="unit-list">${open.map((delivery) => html`<li class=${delivery.id === chosen.id ? "chosen" : ""} data-listed=${delivery.id}>
  <button class="grow" aria-current=${delivery.id === chosen.id} @click=${() => act.open(delivery.id)}><span class="badge ${BADGE[delivery.order.priority]}">${say(`priority.${delivery.order.priority}`)}</span>
    <span class="grow">${delivery.order.title}</span><small>${say(calls(delivery) ? "unit.is_new" : `delivery.${delivery.state}`)}</small></button>
  ${calls(delivery) && delivery.id !== chosen.id ? html`<button ?disabled=${act.held()} @click=${() => act.answer(delivery.id, "acknowledged")}>${say("delivery.acknowledged")}</button>` : nothing}</li>`)}</ol>`;

/** @param {any} delivery @param {any} unread @param {any} act */
function oneView(delivery, unread, act) {
  const { order } = delivery, check = order.kind === "check_in", next = nextStep(delivery.state, order.kind);
  return html`
    <article class="unit-order ${order.priority}" data-delivery=${delivery.id} data-state=${delivery.state}>
      <header><span class="badge ${BADGE[order.priority]}">${say(`priority.${order.priority}`)}</span>
        <span>${say("unit.from", { sender: order.sender })}</span><span class="hint">${minuteTime(order.sent_at)}</span></header>
      <h1>${order.title}</h1><p>${order.text}</p>
      ${order.deadline ? html`<span class="hint">${say("unit.deadline", { time: minuteTime(order.deadline) })}</span>` : nothing}
    </article>
    ${check ? nothing : html`<ol class="unit-steps">${STEPS.map((step) => html`<li class=${delivery.times[step] ? "done" : step === next ? "next" : ""}>${say(`delivery.${step}`)}<small>${delivery.times[step] ? minuteTime(delivery.times[step]) : ""}</small></li>`)}</ol>`}
    ${next ? html`<button class="unit-main" data-step=${next} ?disabled=${act.held()} @click=${() => (next === "done" ? act.finish(delivery.id) : act.answer(delivery.id, next))}>${say(check ? "unit.i_am_safe" : `delivery.${next}`)}</button>` : nothing}
    <div class="unit-side"><button class="danger" data-help @click=${() => act.needHelp(delivery.id)}>${say("unit.need_help")}</button>
      ${talkButton(delivery, unread, act)}
      ${check ? nothing : html`<button @click=${() => act.decline(delivery.id)}>${say("delivery.declined")}</button><button data-hand-over @click=${() => act.handOver(delivery.id)}>${say("unit.hand_over")}</button>`}</div>`;
}

/** @param {any} delivery @param {any} unread @param {any} act */
const talkButton = (delivery, unread, act) => html`<button data-talk @click=${() => act.talk(delivery.id)}>${say("talk.open")}${unread.of(delivery.id) ? html` <b class="said">${unread.of(delivery.id)}</b>` : nothing}</button>`;

/** Who needs help sees that it was heard, and by whom. @param {any} delivery @param {any} unread @param {any} act */
const helpView = (delivery, unread, act) => html`
  <article class="unit-order help" data-delivery=${delivery.id} data-state="help" role="status"><h1>${say("delivery.help")}</h1>
    <p>${delivery.taken_by ? say("unit.help_taken", { name: delivery.taken_by }) : say("unit.help_sent")}</p><span class="hint">${delivery.order.title}</span></article>
  <div class="unit-side">${talkButton(delivery, unread, act)}<button data-safe @click=${() => act.answer(delivery.id, "done")}>${say("unit.safe_again")}</button></div>`;

/** What was found and done, with a photo: it stands in the ticket, or with the order. @param {any} delivery @param {any} model */
function finishView(delivery, { state, act }) {
  const draft = state.finishing;
  return html`<h2>${delivery.order.title}</h2><div class="unit-form">
    <textarea name="finish" maxlength="1000" placeholder=${say("unit.finish_hint")} aria-label=${say("unit.finish_hint")} .value=${draft.note} @input=${(/** @type {any} */ e) => { draft.note = e.target.value; }}></textarea>
    <label class="file">${draft.photo ? say("report.photo_kept") : say("report.photo")}<input type="file" accept="image/jpeg,image/png,image/webp" capture="environment" @change=${(/** @type {any} */ e) => act.finishPhoto(e.target.files[0] ?? null)}></label></div>
    <button class="unit-main" data-finish ?disabled=${act.held()} @click=${() => act.finished(delivery.id)}>${say("delivery.done")}</button>
    <div class="unit-side"><button @click=${() => act.finish(null)}>${say("action.back")}</button></div>`;
}

/** @param {any} delivery @param {any} model */
function declineView(delivery, { state, act }) {
  return html`<h2>${say("unit.decline_why")}</h2>
    <div class="unit-reasons">${REASONS.map((reason) => html`<button aria-pressed=${state.reason === reason} @click=${() => act.reason(reason)}>${say(`unit.reason.${reason}`)}</button>`)}</div>
    <button class="unit-main danger" ?disabled=${!state.reason} @click=${() => act.answer(delivery.id, "declined", say(`unit.reason.${state.reason}`))}>${say("delivery.declined")}</button>
    <div class="unit-side"><button @click=${() => act.decline(null)}>${say("action.back")}</button></div>`;
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
