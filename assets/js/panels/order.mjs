// One order: a bar of states, and the live table of its deliveries, the silent ones first.
import { html, nothing, render } from "lit-html";
import { post } from "../api.mjs";
import { duration, minuteTime } from "../format.mjs";
import { silent, total } from "../summary.mjs";
import { say } from "../text.mjs";
import { reachBoard } from "./reach.mjs";
import { talkSide } from "./talk.mjs";

const STATES = ["help", "done", "arrived", "en_route", "acknowledged", "declined", "expired", "delivered", "queued"];
/** How far somebody may have come, the farthest first. */
const FURTHEST = ["arrived", "en_route", "acknowledged"];

/**
 * @param {HTMLElement} root
 * @param {{ now: () => number, close: () => void, notify: (text: string, bad?: boolean) => void, confirm: (text: string) => Promise<boolean>,
 *           enter: (area: string) => void, add: (order: any) => void, dial: (unit: string) => Promise<string>, mayOrder: boolean, shortName: (code: string) => string,
 *           area: () => string, silent: (numbers: number[]) => void }} act
 */
export function orderPanel(root, act) {
  /** @type {any} */
  let list = null;
  /** Which of the two sides is shown: the names, or the reach board. */
  let side = "list";
  const attempt = async (/** @type {() => Promise<string>} */ work) => {
    try {
      act.notify(await work());
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };
  const resend = () => attempt(async () => say("order.resent", { n: (await post(`/orders/${list.order.id}/resend`)).resent }));
  const callOff = async () => {
    const left = total(list.counts) - (list.counts.done ?? 0) - (list.counts.declined ?? 0);
    if (await act.confirm(say("order.call_off_sure", { n: left }))) {
      await attempt(async () => { await post(`/orders/${list.order.id}/call-off`); return say("event.order.call_off", { text: list.order.title }); });
    }
  };
  const close = async () => {
    const left = total(list.counts) - (list.counts.done ?? 0) - (list.counts.declined ?? 0);
    if (await act.confirm(say("order.close_sure", { n: left }))) {
      await attempt(async () => { await post(`/orders/${list.order.id}/close`); return say("event.order.close", { text: list.order.title }); });
    }
  };
  /** How far somebody had come whose delivery has expired. @param {any} d */
  const had = (d) => (d.state === "expired" ? FURTHEST.find((state) => d.times[state]) : undefined);
  const call = async (/** @type {string} */ unit) => { await act.dial(unit).catch((error) => act.notify(error.message, true)); };

  const reach = reachBoard({ ...act, draw: () => draw() });
  const talk = talkSide({ ...act, draw: () => draw() });
  const talkWith = (/** @type {any} */ delivery) => { talk.show(delivery); side = "talk"; reach.open(null); draw(); };
  /** @type {{ delivery: string, order: string } | null} */
  let wantedTalk = null;
  const openWanted = () => {
    const delivery = wantedTalk && list?.order.id === wantedTalk.order ? list.deliveries.find((/** @type {any} */ d) => d.id === wantedTalk?.delivery) : null;
    if (delivery) { wantedTalk = null; talkWith(delivery); }
  };
  const turn = (/** @type {string} */ to) => { side = to; reach.open(side === "reach" ? list.order.id : null); draw(); };
  const sides = () => html`<nav class="sides">${[...["list", "reach"], ...(talk.open ? ["talk"] : [])].map((one) => html`<button aria-current=${one === side} data-side=${one} @click=${() => turn(one)}>${say(`order.side.${one}`)}</button>`)}</nav>`;

  const names = () => html`
      <div class="scroll"><table class="deliveries">
        <thead><tr><th>${say("order.person")}</th><th>${say("order.place")}</th><th>${say("order.state")}</th><th class="number">${say("order.time")}</th><th class="number">${say("order.next")}</th></tr></thead>
        <tbody>${list.deliveries.map((/** @type {any} */ d) => {
          const open = ["queued", "delivered"].includes(d.state);
          const at = open ? act.now() : Date.parse(d.times[d.state] ?? d.times.queued);
          return html`<tr data-delivery=${d.id} class=${d.state}>
            <td class="name"><button class="link" title=${say("talk.with", { name: d.unit })} data-talk=${d.id} @click=${() => talkWith(d)}>${d.unit}${d.said ? html` <b class="said">✉ ${d.said}</b>` : nothing}</button></td><td><button class="link" @click=${() => act.enter(d.area_code)}>${act.shortName(d.area_code)}</button></td>
            <td><span class="state ${d.state}" title=${d.note}>${say(`delivery.${d.state}`)}${had(d) ? html` <small>${say("order.had", { state: say(`delivery.${had(d)}`) })}</small>` : nothing}</span></td>
            <td class="number ${open ? "alert" : ""}">${duration(at - Date.parse(d.times.queued))}</td>
            <td class="number">${open ? html`<button class="link" @click=${() => call(d.unit_id)}>${say("order.phone")}</button>` : say("order.none")}</td></tr>`;
        })}</tbody></table></div>
      ${list.total > list.deliveries.length ? html`<p class="hint">${say("order.more", { n: list.total - list.deliveries.length })}</p>` : nothing}`;
  const draw = () => {
    root.hidden = list === null;
    if (list === null) return render(nothing, root);
    const { order, counts } = list, all = total(counts), waiting = silent(counts), running = order.state === "running";
    const late = order.deadline && Date.parse(order.deadline) < act.now();
    return render(html`
      <header><h2>${order.title}</h2><span class="hint">${minuteTime(order.sent_at)}${order.deadline ? html` · <span class=${late && waiting ? "alert" : ""}>${say("order.deadline", { time: minuteTime(order.deadline) })}</span>` : nothing}</span>
        <button class="close" title=${say("action.close")} @click=${act.close}>×</button></header>
      <p class="order-text">${order.text}</p>
      <div class="state-bar" role="img" aria-label=${STATES.filter((s) => counts[s]).map((s) => `${say(`delivery.${s}`)} ${counts[s]}`).join("，")}>
        ${STATES.filter((s) => counts[s]).map((s) => html`<i class=${s} style="flex:${counts[s]}"></i>`)}</div>
      <p class="state-legend">${STATES.filter((s) => counts[s] && !["queued", "delivered"].includes(s)).map((s) => html`<span class="state ${s}">${say(`delivery.${s}`)} <b>${counts[s]}</b></span>`)}
        ${waiting ? html`<span class="alert">${say("figure.unanswered")} <b>${waiting}</b></span>` : nothing}<span class="hint">${say("orders.total", { n: all })}</span></p>
      ${order.done_when === "each" ? nothing : html`<p class="hint">${say(`done_when.${order.done_when}`, { n: order.needed ?? "" })}</p>`}
      ${running ? nothing : html`<p class="problem">${say("order.ended_by", { what: say(`order.state.${order.state}`), by: order.ended_by, time: order.ended_at ? minuteTime(order.ended_at) : "" })}
        ${FURTHEST.filter((state) => list.had?.[state]).map((state) => html` · ${say("order.had", { state: say(`delivery.${state}`) })} ${list.had[state]}`)}</p>`}
      <p class="hint">${act.shortName(order.area_code)} · ${say("orders.by", { name: order.sender })}</p>
      ${sides()}${side === "reach" ? reach.content() : side === "talk" ? talk.content() : names()}
      ${running && act.mayOrder ? html`<footer class="actions">
        ${waiting ? html`<button @click=${resend}>${say("order.resend", { n: waiting })}</button>` : nothing}
        <button @click=${() => act.add(order)}>${say("order.add")}</button>
        <button data-close @click=${close}>${say("order.close")}</button>
        <button class="danger" @click=${callOff}>${say("order.call_off")}</button></footer>` : nothing}`, root);
  };
  return {
    draw,
    /** @param {any} next */
    show(next) {
      if (next?.order.id !== list?.order.id) { side = "list"; reach.open(null); talk.show(null); }
      const fresh = next && next.order.id !== list?.order.id;
      list = next;
      openWanted();
      draw();
      if (fresh) root.focus({ preventScroll: true }); // the keyboard goes on in what was opened
    },
    /** A message came in. @param {import("../talk.mjs").Message} message */
    message: talk.take,
    /** The connection is back. */
    again: talk.load,
    /** Open the talk with one recipient as soon as the order is listed. @param {string} delivery @param {string} order */
    talkTo(delivery, order) { wantedTalk = { delivery, order }; openWanted(); },
    get order() { return list?.order ?? null; },
  };
}
