// Open tickets of the open place, by state and level: the late ones first, then the worst, then the oldest.
import { html, nothing, render } from "lit-html";
import { count } from "../format.mjs";
import { LEVELS, rank } from "../levels.mjs";
import { say } from "../text.mjs";
import { timeLeft } from "./time_left.mjs";

const STATES = ["reported", "assigned", "handling", "handled", "overdue"];
const SHOWN = 200;

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture
 * @param {{ now: () => number, open: (id: string) => void, placeOf: (code: string) => string, opened: (open: boolean) => void }} act
 */
export function ticketsPanel(root, picture, act) {
  let state = "", level = "";
  const draw = () => {
    if (root.hidden) return render(nothing, root);
    const all = [...picture.layers.tickets.values()], of = (/** @type {string} */ one) => all.filter((t) => (one === "overdue" ? t.overdue : t.state === one)).length;
    const chosen = all.filter((t) => (!state || (state === "overdue" ? t.overdue : t.state === state)) && (!level || t.level === level))
      .sort((a, b) => Number(b.overdue) - Number(a.overdue) || rank(a.level) - rank(b.level) || a.due_at.localeCompare(b.due_at));
    return render(html`
      <header><h2>${say("ticket.title")}</h2><span class="hint">${say("ticket.count", { n: count(all.length) })}</span><button class="close" title=${say("action.close")} @click=${() => toggle(false)}>×</button></header>
      <nav class="sides">${["", ...STATES].map((one) => html`<button aria-current=${state === one} data-state=${one} @click=${() => { state = one; draw(); }}>${one ? say(`ticket.filter.${one}`) : say("ticket.filter.all")} ${one ? of(one) : all.length}</button>`)}</nav>
      <nav class="sides">${["", ...LEVELS].map((one) => html`<button aria-current=${level === one} data-level=${one} @click=${() => { level = one; draw(); }}>${one ? html`<span class="badge ${one}">${say(`level.${one}`)}</span>` : say("ticket.filter.any_level")}</button>`)}</nav>
      ${chosen.length ? nothing : html`<p class="empty">${say("ticket.none_here")}</p>`}
      <div class="scroll">${chosen.slice(0, SHOWN).map((t) => html`<button class="row" data-ticket=${t.id} @click=${() => act.open(t.id)}><span class="badge ${t.level}">${say(`level.${t.level}`)}</span>
        <span class="grow"><b>${say(`ticket.${t.kind}`)}</b> ${act.placeOf(t.area_code)}</span><span class="hint">${say(`ticket.state.${t.state}`)}</span>
        <span class=${t.overdue ? "alert" : "hint"}>${timeLeft(t, act.now())}</span></button>`)}</div>
      ${chosen.length > SHOWN ? html`<p class="hint">${say("ticket.more", { n: count(chosen.length - SHOWN) })}</p>` : nothing}`, root);
  };
  const toggle = (/** @type {boolean} */ open, /** @type {string} */ wanted = state) => { state = wanted; root.hidden = !open; act.opened(open); draw(); if (open) root.scrollIntoView({ block: "start" }); };
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("area")) draw(); });
  return { draw, toggle, get open() { return !root.hidden; } };
}
