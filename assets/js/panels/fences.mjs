// Geofences 电子围栏 of the open area: what each watches for, how many are inside, and making a new one.
import { html, nothing, render } from "lit-html";
import { get, newKey, post } from "../api.mjs";
import { count } from "../format.mjs";
import { LEVELS } from "../levels.mjs";
import { shapeTool } from "../map/shape.mjs";
import { say } from "../text.mjs";

const RULES = ["enter", "leave", "stay", "empty"];
const EFFECTS = ["event", "ticket", "message"];
const EVERY_MS = 5000;
const HOW_LONG = ["stay", "empty"];

const empty = () => ({ key: newKey(), name: "", rule: "enter", minutes: 10, effect: "event", level: "yellow", text: "", ring: /** @type {[number, number][] | null} */ (null) });

/**
 * @param {HTMLElement} root @param {import("leaflet").Map} map
 * @param {{ area: () => string, mayOrder: boolean, show: (fences: any[]) => void, hint: (text: string | null) => void, notify: (text: string, bad?: boolean) => void, confirm: (text: string) => Promise<boolean> }} act
 */
export function fencesPanel(root, map, act) {
  /** @type {any[]} */
  let fences = [];
  let open = false, making = false, problem = "", draft = empty();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const shape = shapeTool(map, (chosen) => { draft.ring = /** @type {any} */ (chosen?.lasso ?? null); draw(); }, act.hint);

  const load = async () => {
    clearTimeout(timer);
    if (!open) return;
    try {
      ({ fences } = await get(`/fences?area=${act.area()}`));
      problem = "";
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (!open) return;
    act.show(fences);
    draw();
    timer = setTimeout(load, EVERY_MS);
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const { key, name, rule, effect, level, ring } = draft;
    const text = effect === "message" ? draft.text.trim() : "", minutes = HOW_LONG.includes(rule) ? draft.minutes : 0;
    try {
      await post("/fences", { key, name: name.trim(), area: act.area(), rule, minutes, effect, level, text, ...(ring ? { ring } : {}) });
      making = false;
      draft = empty();
      shape.clear();
      act.notify(say("fence.saved"));
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    await load();
  };
  const remove = async (/** @type {any} */ fence) => {
    if (!await act.confirm(say("fence.remove_sure", { name: fence.name }))) return;
    try {
      await post(`/fences/${fence.id}/remove`);
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    await load();
  };
  const choose = (/** @type {"rule" | "effect" | "level"} */ field, /** @type {string[]} */ words, /** @type {string} */ prefix) => html`<div class="segments" role="group">${words.map((word) =>
    html`<button type="button" aria-pressed=${draft[field] === word} data-choice=${word} @click=${() => { draft[field] = word; draw(); }}>${say(`${prefix}.${word}`)}</button>`)}</div>`;
  const form = () => html`<form class="fence-form" @submit=${save}>
      <input name="name" required maxlength="40" autocomplete="off" placeholder=${say("fence.name")} aria-label=${say("fence.name")} .value=${draft.name} @input=${(/** @type {any} */ e) => { draft.name = e.target.value; }}>
      ${choose("rule", RULES, "fence.rule")}
      ${HOW_LONG.includes(draft.rule) ? html`<label class="line"><input type="number" min="1" max="1440" required .value=${String(draft.minutes)} @input=${(/** @type {any} */ e) => { draft.minutes = Number(e.target.value); }}> ${say("fence.minutes")}</label>` : nothing}
      ${choose("effect", draft.rule === "empty" ? EFFECTS.slice(0, 2) : EFFECTS, "fence.effect")}
      ${draft.effect === "ticket" ? choose("level", [...LEVELS], "level") : nothing}
      ${draft.effect === "message" ? html`<input name="text" required maxlength="200" autocomplete="off" placeholder=${say("fence.text")} aria-label=${say("fence.text")} .value=${draft.text} @input=${(/** @type {any} */ e) => { draft.text = e.target.value; }}>` : nothing}
      <div class="segments"><button type="button" aria-pressed=${draft.ring === null} @click=${() => { shape.clear(); }}>${say("fence.of_area")}</button>
        <button type="button" aria-pressed=${draft.ring !== null} @click=${() => shape.lasso()}>${say(draft.ring ? "fence.drawn" : "fence.draw")}</button></div>
      <div class="actions"><button type="button" @click=${() => { making = false; shape.clear(); draw(); }}>${say("action.cancel")}</button><button class="primary">${say("fence.save")}</button></div></form>`;
  const draw = () => {
    root.hidden = !open;
    if (!open) return render(nothing, root);
    if (draft.rule === "empty" && draft.effect === "message") draft.effect = "event";
    return render(html`<header><h2>${say("fence.title")}</h2><span class="hint">${count(fences.length)}</span></header>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
      ${fences.length || problem ? nothing : html`<p class="empty">${say("fence.none")}</p>`}
      <ul class="fences scroll">${fences.map((fence) => html`<li data-fence=${fence.id}><b>${fence.name}</b>
        <span class="hint">${say(`fence.rule.${fence.rule}`)}${fence.minutes ? ` ${fence.minutes} ${say("fence.minutes")}` : ""} · ${say(`fence.effect.${fence.effect}`)}</span>
        <span class="number">${say("fence.inside", { n: count(fence.inside) })}</span>
        ${act.mayOrder ? html`<button class="link" @click=${() => remove(fence)}>${say("fence.remove")}</button>` : nothing}</li>`)}</ul>
      ${making ? form() : act.mayOrder ? html`<button data-new-fence @click=${() => { making = true; draw(); }}>${say("fence.add")}</button>` : nothing}`, root);
  };
  return {
    get drawing() { return shape.drawing; },
    load,
    /** @param {boolean} on */
    toggle(on) {
      open = on;
      if (!on) { making = false; shape.clear(); act.show([]); }
      draw();
      load();
    },
  };
}
