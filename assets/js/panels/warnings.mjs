// Warnings: those in force, each to be read and lifted; and issuing one for the open place.
import { html, nothing, render } from "lit-html";
import { newKey, post } from "../api.mjs";
import { minuteTime } from "../format.mjs";
import { LEVELS, rank } from "../levels.mjs";
import { say } from "../text.mjs";

const EVENTS = ["rainstorm", "flood", "landslide", "gale", "thunderstorm", "heat", "forest_fire", "earthquake", "fog", "cold_wave"];
const HOURS = [1, 3, 6, 12, 24];
const empty = () => ({ key: newKey(), event: "rainstorm", level: "blue", hours: 6, instruction: "" });

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture
 * @param {{ now: () => number, area: () => string, nameOf: (code: string) => string, scope: string, mayWarn: boolean, open: (id: string) => void, notify: (text: string, bad?: boolean) => void,
 *           confirm: (text: string) => Promise<boolean>, opened: (open: boolean) => void }} act
 */
export function warningsPanel(root, picture, act) {
  let draft = empty(), writing = false, problem = "", sending = false;
  /** The place that the form was begun for: it does not follow the map. */
  let target = { code: "", name: "" };
  const headline = () => say("warning.headline", { place: target.name, event: say(`warning.${draft.event}`), level: say(`level_long.${draft.level}`) });
  const attempt = async (/** @type {() => Promise<void>} */ work) => {
    try { await work(); } catch (error) { problem = error instanceof Error ? error.message : String(error); act.notify(problem, true); }
    draw();
  };
  const lift = async (/** @type {any} */ warning) => {
    if (await act.confirm(say("warning.lift_sure", { text: warning.headline }))) await attempt(async () => { await post(`/warnings/${warning.id}/cancel`); act.notify(say("warning.lifted")); });
  };
  const issue = async () => {
    if (sending || !(await act.confirm(say("warning.issue_sure", { text: headline(), place: target.name, hours: draft.hours })))) return;
    sending = true;
    problem = "";
    await attempt(async () => {
      const { key, event, level, hours, instruction } = draft;
      await post("/warnings", { key, event, level, area: target.code, headline: headline(), instruction, expires: new Date(act.now() + hours * 3_600_000).toISOString() });
      Object.assign(draft, empty());
      writing = false;
      act.notify(say("warning.issued"));
    });
    sending = false;
    draw();
  };
  const form = () => html`<form class="intake" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); issue(); }}>
    <p class="wide">${say("warning.for")} <b class="chip">${target.name}</b></p>
    <label>${say("warning.event")}<select name="event" @change=${(/** @type {any} */ e) => { draft.event = e.target.value; draw(); }}>${EVENTS.map((one) => html`<option value=${one} ?selected=${draft.event === one}>${say(`warning.${one}`)}</option>`)}</select></label>
    <label>${say("warning.hours")}<select name="hours" @change=${(/** @type {any} */ e) => { draft.hours = Number(e.target.value); draw(); }}>${HOURS.map((one) => html`<option value=${one} ?selected=${draft.hours === one}>${say("warning.n_hours", { n: one })}</option>`)}</select></label>
    <div class="segments wide" role="radiogroup" aria-label=${say("report.level")}>${LEVELS.map((level) => html`<label><input type="radio" name="warning-level" value=${level} .checked=${draft.level === level} @change=${() => { draft.level = level; draw(); }}><span class="badge ${level}">${say(`level.${level}`)}</span></label>`)}</div>
    <label class="wide">${say("warning.instruction")}<textarea rows="2" maxlength="2000" .value=${draft.instruction} @input=${(/** @type {any} */ e) => { draft.instruction = e.target.value; }}></textarea></label>
    <p class="wide order-text">${headline()}</p>${problem ? html`<p class="problem wide" role="alert">${problem}</p>` : nothing}
    <footer class="wide actions"><button type="button" @click=${() => { writing = false; draw(); }}>${say("action.back")}</button><button class="primary" data-issue ?disabled=${sending}>${say("warning.issue")}</button></footer></form>`;
  const draw = () => {
    if (root.hidden) return render(nothing, root);
    const list = [...picture.layers.warnings.values()].sort((a, b) => rank(a.level) - rank(b.level) || a.expires.localeCompare(b.expires));
    return render(html`
      <header><h2>${say("warning.title")}</h2><span class="hint">${say("ticket.count", { n: list.length })}</span><button class="close" title=${say("action.close")} @click=${() => toggle(false)}>×</button></header>
      ${act.mayWarn ? (writing ? form() : html`<button class="primary" data-new @click=${() => { writing = true; problem = ""; target = { code: act.area(), name: act.nameOf(act.area()) }; draw(); }}>${say("warning.new")}</button>`) : nothing}
      ${list.length ? nothing : html`<p class="empty">${say("warning.none")}</p>`}
      <div class="scroll">${list.map((warning) => html`<div class="warning-row" data-warning=${warning.id}><span class="badge ${warning.level}">${say(`level.${warning.level}`)}</span>
        <button class="link grow" @click=${() => act.open(warning.id)}>${warning.headline}</button><span class="hint">${say("warning.until", { time: minuteTime(warning.expires) })}</span>
        ${act.mayWarn && warning.area_code.startsWith(act.scope) ? html`<button data-lift @click=${() => lift(warning)}>${say("warning.lift")}</button>` : nothing}</div>`)}</div>`, root);
  };
  const toggle = (/** @type {boolean} */ open) => { root.hidden = !open; act.opened(open); draw(); if (open) root.scrollIntoView({ block: "start" }); };
  picture.listen((touched) => { if (touched.has("warnings") || touched.has("area")) draw(); });
  return { draw, toggle, get open() { return !root.hidden; } };
}
