// The reach board 叫应看板 of one order: how far it has come in each area, how long that took, and whom to ring up.
import { html, nothing } from "lit-html";
import { get, newKey, post } from "../api.mjs";
import { count } from "../format.mjs";
import { say } from "../text.mjs";

const EVERY_MS = 2500;
const SHARES = ["50", "90", "99", "100"];
const TIMED = ["delivered", "acknowledged", "done"];
const STEPS = ["received", "acknowledged", "arrived", "done"];

/** `42 秒`, `6 分 05 秒`; a dash for a share that is not reached. @param {number | null} seconds */
export function span(seconds) {
  if (seconds === null) return "—";
  const whole = Math.max(0, Math.round(seconds)), minutes = Math.floor(whole / 60);
  if (minutes === 0) return say("reach.seconds", { s: whole });
  if (minutes < 60) return say("reach.minutes", { m: minutes, s: String(whole % 60).padStart(2, "0") });
  return say("reach.hours", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

/** A share is rounded down: 100 % means everybody. @param {number} n @param {number} all */
export const share = (n, all) => (all ? Math.floor((100 * n) / all) : 0);

/**
 * @param {{ draw: () => void, notify: (text: string, bad?: boolean) => void, enter: (area: string) => void, dial: (unit: string) => Promise<string>,
 *           area: () => string, silent: (numbers: number[]) => void, mayOrder: boolean }} act
 */
export function reachBoard(act) {
  /** @type {any} */
  let board = null;
  let order = "", problem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const load = async () => {
    clearTimeout(timer);
    const asked = order;
    if (!asked) return;
    try {
      const found = await get(`/orders/${asked}/reach?area=${act.area()}`);
      if (asked !== order) return;
      [board, problem] = [found, ""];
      act.silent(found.silent.map((/** @type {any} */ one) => one.number));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (asked !== order) return;
    act.draw();
    timer = setTimeout(load, EVERY_MS);
  };
  const call = async (/** @type {string} */ unit) => { await act.dial(unit).catch((error) => act.notify(error.message, true)); };
  const mark = async (/** @type {any} */ one) => {
    try {
      await post(`/deliveries/${one.delivery}/by-phone`, { key: newKey() });
      act.notify(say("reach.marked", { name: one.unit }));
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    load();
  };

  const lines = (/** @type {any[]} */ of, /** @type {(line: any) => unknown} */ name, whole = false) => html`
    <table class="reach-areas"><thead><tr><th>${say("reach.area")}</th>
        ${STEPS.map((step) => html`<th class="number">${say(`reach.step.${step}`)}</th>`)}
        <th class="number">${say("figure.unanswered")}</th></tr></thead>
      <tbody>${of.map((line) => html`<tr class=${whole ? "whole" : ""} data-area=${line.code}><td>${name(line)}</td>
        ${STEPS.map((step) => html`<td class="number" title=${`${line[step]} / ${line.total}`}>${share(line[step], line.total)}%</td>`)}
        <td class="number ${line.silent ? "alert" : "good"}">${count(line.silent)}</td></tr>`)}</tbody></table>`;

  const named = (/** @type {any} */ line) => html`<button class="link" @click=${() => act.enter(line.code)}>${line.name}</button>`;

  return {
    /** Show the board of this order; null: none. @param {string | null} id */
    open(id) {
      if (order === (id ?? "")) return;
      order = id ?? "";
      board = null;
      clearTimeout(timer);
      act.silent([]);
      if (order) load();
    },
    content() {
      if (problem) return html`<p class="problem">${problem}</p>`;
      if (!board) return html`<p class="empty">${say("reach.loading")}</p>`;
      const { total, areas, times, silent } = board;
      return html`
        <table class="reach-times"><thead><tr><th>${say("reach.took")}</th>${SHARES.map((one) => html`<th class="number">${one}%</th>`)}</tr></thead>
          <tbody>${TIMED.map((step) => html`<tr><th>${say(`reach.step.${step}`)}</th>${SHARES.map((one) => html`<td class="number">${span(times[step][one])}</td>`)}</tr>`)}</tbody></table>
        <div class="scroll">${lines([total], (line) => html`${say("reach.whole")}<span class="hint"> ${count(line.total)}</span>`, true)}
        <h3>${total.silent ? say("reach.silent", { n: count(total.silent) }) : say("reach.none_silent")}</h3>
        ${silent.length ? nothing : html`<p class="good">${say("orders.all_answered")}</p>`}
        <ul class="reach-silent">${silent.map((/** @type {any} */ one) => html`<li data-delivery=${one.delivery}>
          <span class="who"><b>${one.unit}</b> ${one.escalated && one.channel !== "duty_desk" ? html`<span class="alert">${say("reach.escalated")}</span>` : nothing}
            <span class=${one.channel === "duty_desk" ? "alert" : "hint"}>${one.channel ? say(`channel.${one.channel}`) : nothing}</span></span>
          <span class="hint place">${one.place}</span>
          ${act.mayOrder ? html`<button class="link" @click=${() => call(one.unit_id)}>${say("order.phone")}</button>
            <button @click=${() => mark(one)}>${say("reach.mark")}</button>` : nothing}</li>`)}</ul>
        ${total.silent > silent.length ? html`<p class="hint">${say("order.more", { n: total.silent - silent.length })}</p>` : nothing}
        ${areas.length > 1 ? lines(areas, named) : nothing}</div>`;
    },
  };
}
