// Call policies 叫应规则 of the open area: whom the system calls, over what, how long after an order was sent, for each priority.
import { html, nothing, render } from "lit-html";
import { get, post } from "../api.mjs";
import { duration } from "../format.mjs";
import { say } from "../text.mjs";

const CHANNELS = ["web_push", "sms", "voice", "deputy", "duty_desk", "loudspeaker"];
const UNTIL = ["delivered", "acknowledged"];
const PRIORITIES = ["critical", "urgent", "normal"];
const MOST_STEPS = 12;

/**
 * @typedef {{ channel: string, after_s: number, until: string, available?: boolean }} Step
 * @typedef {{ priority: string, from_area: string | null, place: string, set_by: string, steps: Step[] }} Policy
 */

/**
 * @param {HTMLElement} root
 * @param {{ area: () => string, nameOf: (code: string) => string, mayAdminister: boolean, notify: (text: string, bad?: boolean) => void, confirm: (text: string) => Promise<boolean> }} act
 */
export function policiesPanel(root, act) {
  /** @type {Policy[]} */
  let policies = [];
  let open = false, problem = "", loading = false, saving = false, area = "";
  /** What is being changed: a copy, until it is saved. @type {{ priority: string, steps: Step[] } | null} */
  let draft = null;

  const load = async () => {
    if (!open) return;
    const asked = act.area();
    if (asked !== area) [area, policies, draft] = [asked, [], null];
    loading = true;
    draw();
    try {
      const found = await get(`/call-policies?area=${asked}`);
      if (asked !== area) return;
      policies = PRIORITIES.flatMap((priority) => found.policies.filter((/** @type {Policy} */ one) => one.priority === priority));
      problem = "";
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    loading = false;
    draw();
  };
  const change = async (/** @type {string} */ path, /** @type {Record<string, unknown>} */ body, /** @type {string} */ said) => {
    if (saving) return;
    saving = true;
    draw();
    try {
      await post(path, { area, ...body });
      draft = null;
      act.notify(said);
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    saving = false;
    await load();
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!draft) return;
    const { priority, steps } = draft;
    if (!steps.length && !await act.confirm(say("policy.nobody_sure", { priority: say(`priority.${priority}`) }))) return;
    await change("/call-policies", { priority, steps: steps.map(({ channel, after_s, until }) => ({ channel, after_s, until })) }, say("policy.saved"));
  };
  const restore = async (/** @type {Policy} */ policy) => {
    if (await act.confirm(say("policy.restore_sure", { priority: say(`priority.${policy.priority}`) }))) {
      await change("/call-policies/remove", { priority: policy.priority }, say("policy.restored"));
    }
  };

  const origin = (/** @type {Policy} */ policy) => policy.from_area === null ? say("policy.default")
    : policy.from_area === area ? say("policy.own", { name: policy.set_by }) : say("policy.inherited", { place: policy.place });
  const reading = (/** @type {Policy} */ policy) => {
    let after = 0;
    return html`<ol class="policy-steps">${policy.steps.map((step) => {
      after += step.after_s;
      return html`<li class=${step.available ? "" : "missing"}><b>${say(`policy.channel.${step.channel}`)}</b>
        <span class="number">${say("policy.after", { time: duration(after * 1000) })}</span>
        <span class="hint">${step.available ? say(`policy.until.${step.until}`) : say("policy.missing")}</span></li>`;
    })}</ol>${policy.steps.length ? nothing : html`<p class="empty">${say("policy.nobody")}</p>`}
    ${act.mayAdminister ? html`<div class="actions">
      ${policy.from_area === area ? html`<button type="button" data-restore=${policy.priority} @click=${() => restore(policy)}>${say("policy.restore")}</button>` : nothing}
      <button type="button" data-change=${policy.priority} @click=${() => { draft = { priority: policy.priority, steps: policy.steps.map((step) => ({ ...step })) }; draw(); }}>${say("policy.change")}</button></div>` : nothing}`;
  };
  const options = (/** @type {string[]} */ words, /** @type {string} */ prefix, /** @type {string} */ chosen) => words.map((word) => html`<option value=${word} ?selected=${word === chosen}>${say(`${prefix}.${word}`)}</option>`);
  const editing = (/** @type {{ priority: string, steps: Step[] }} */ change) => html`<form class="policy-form" @submit=${save}>
      ${change.steps.map((step, i) => html`<fieldset data-step=${i}><legend class="hint">${say("policy.step", { n: i + 1 })}</legend>
        <label>${say(i ? "policy.then" : "policy.first")} <input type="number" min="1" max="86400" required .value=${String(step.after_s)} aria-label=${say("policy.seconds")} @input=${(/** @type {any} */ e) => { step.after_s = Number(e.target.value); }}> ${say("policy.seconds")}</label>
        <select aria-label=${say("policy.if")} @change=${(/** @type {any} */ e) => { step.until = e.target.value; }}>${options(UNTIL, "policy.until", step.until)}</select>
        <select aria-label=${say("policy.over")} @change=${(/** @type {any} */ e) => { step.channel = e.target.value; }}>${options(CHANNELS, "policy.channel", step.channel)}</select>
        <button type="button" class="link" aria-label=${say("policy.remove_step", { n: i + 1 })} @click=${() => { change.steps.splice(i, 1); draw(); }}>${say("policy.remove")}</button></fieldset>`)}
      <div class="actions"><button type="button" data-add ?disabled=${change.steps.length >= MOST_STEPS} @click=${() => { change.steps.push({ channel: "sms", after_s: 60, until: "acknowledged" }); draw(); }}>${say("policy.add")}</button>
        <button type="button" @click=${() => { draft = null; draw(); }}>${say("action.cancel")}</button><button class="primary" ?disabled=${saving}>${say("policy.save")}</button></div></form>`;
  function draw() {
    root.hidden = !open;
    if (!open) return render(nothing, root);
    return render(html`<header><h2>${say("policy.title")}</h2><span class="hint">${act.nameOf(area)}</span><button class="close" title=${say("action.close")} @click=${() => toggle(false)}>×</button></header>
      <p class="hint">${say("policy.hint")}</p>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
      ${loading && !policies.length ? html`<p class="hint">${say("state.loading")}</p>` : nothing}
      <div class="scroll">${policies.map((policy) => html`<section class="policy" data-priority=${policy.priority}><h3>${say(`priority.${policy.priority}`)} <span class="hint">${origin(policy)}</span></h3>
        ${draft?.priority === policy.priority ? editing(draft) : reading(policy)}</section>`)}</div>`, root);
  }
  /** @param {boolean} on */
  function toggle(on) {
    open = on;
    if (!on) draft = null;
    draw();
    load();
  }
  return { toggle, load, get open() { return open; } };
}
