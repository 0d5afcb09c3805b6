// 待接处置: what waits until somebody takes it, from the whole scope, with sound; the number stands in the bar and in the tab's title.
import { html, nothing, render } from "lit-html";
import { post } from "../api.mjs";
import { count, minutesSince, minuteTime } from "../format.mjs";
import { awaken, play, ready } from "../sound.mjs";
import { say } from "../text.mjs";

const SHOWN = 30, TAKEN_SHOWN = 5;
/** A call for help sounds again until it is taken. */
const AGAIN_MS = 15_000;

/**
 * @param {{ panel: HTMLElement, chip: HTMLElement }} roots @param {import("../live/desk.mjs").DeskQueue} queue
 * @param {{ now: () => number, mayTake: boolean, sounds: boolean, notify: (text: string, bad?: boolean) => void, go: (item: any) => void, counted: (n: number) => void }} act
 */
export function deskPanel({ panel, chip }, queue, act) {
  let open = true;
  const words = (/** @type {any} */ item) => (item.kind === "escalation" ? say("desk.escalation", { n: count(item.count), text: item.about.rests ? say("desk.channel_rests") : item.text })
    : item.kind === "channel" ? say("desk.channel", { channel: say(`policy.channel.${item.about.channel}`), n: count(item.count), text: item.text }) : item.text);
  const since = (/** @type {string} */ at) => { const m = minutesSince(at, act.now()); return m ? say("desk.since", { m }) : say("desk.now"); };
  const take = async (/** @type {any} */ item) => {
    try {
      await post(`/desk/${item.id}/take`);
      act.go(item);
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
  };
  const draw = () => {
    const waiting = queue.waiting(), help = waiting.some((item) => item.kind === "help");
    act.counted(waiting.length);
    chip.hidden = waiting.length === 0;
    chip.classList.toggle("help", help);
    render(html`<button @click=${() => { open = true; draw(); panel.scrollIntoView({ block: "start" }); }}>${say("desk.title")} <b>${count(waiting.length)}</b></button>`, chip);
    panel.hidden = !open || (waiting.length === 0 && !act.mayTake);
    render(html`
      <header><h2>${say("desk.title")}</h2><span class="hint">${say("desk.count", { n: count(waiting.length) })}</span>
        ${act.sounds && !ready() ? html`<button data-sound @click=${async () => { await awaken(); draw(); }}>${say("desk.sound_off")}</button>` : nothing}</header>
      ${waiting.length ? nothing : html`<p class="empty">${say("desk.none")}</p>`}
      <ol class="desk-list scroll">${waiting.slice(0, SHOWN).map((item) => html`<li class=${item.kind} data-item=${item.id} data-kind=${item.kind}>
        <span class="badge ${item.level}">${say(`desk.kind.${item.kind}`)}</span><span class="grow"><b>${item.place}</b> ${words(item)}${item.count > 1 && item.kind === "message" ? html` <b class="said">${count(item.count)}</b>` : nothing}</span>
        <time>${since(item.raised_at)}</time>
        ${act.mayTake ? html`<button class="primary" data-take @click=${() => take(item)}>${say("desk.take")}</button>` : nothing}</li>`)}</ol>
      ${queue.taken.length ? html`<details class="more"><summary>${say("desk.taken")}</summary><ol class="desk-list">${queue.taken.slice(0, TAKEN_SHOWN).map((item) => html`<li data-taken=${item.id}>
        <span class="badge none">${say(`desk.kind.${item.kind}`)}</span><span class="grow"><b>${item.place}</b> ${words(item)}</span>
        <span class="hint">${say("desk.taken_by", { name: item.taken_by, time: minuteTime(item.taken_at) })}</span><button @click=${() => act.go(item)}>${say("desk.go")}</button></li>`)}</ol></details>` : nothing}`, panel);
  };
  queue.listen((fresh) => {
    if (act.sounds && fresh.length) play(fresh.some((item) => item.kind === "help") ? "help" : fresh.some((item) => item.level === "red") ? "red" : "plain");
    draw();
  });
  if (act.sounds) {
    setInterval(() => { if (queue.waiting().some((item) => item.kind === "help")) play("help"); }, AGAIN_MS);
    // the first touch of anything makes the page able to sound
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, () => { if (!ready()) awaken().then(draw); }, { once: true });
  }
  return { draw, show() { open = true; draw(); panel.scrollIntoView({ block: "start" }); } };
}
