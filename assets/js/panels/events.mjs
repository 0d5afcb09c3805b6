// What is happening: the newest first, each with its time and its level.
import { html, nothing, render } from "lit-html";
import { clockTime } from "../format.mjs";
import { say } from "../text.mjs";

const SHOWN = 14, KEPT = 40;
/** What stands in one event is a person's name here, not a matter of that topic. */
const NO_MATTER = new Set(["desk"]);

/** The sentence of an event. @param {import("../live/picture.mjs").Row} event */
export function sentence(event) {
  const topic = event.kind.split(".")[0];
  const matter = event.matter && !NO_MATTER.has(topic) ? say(`${topic}.${event.matter}`) : "";
  return say(`event.${event.kind}`, { ...event, matter, text: event.text || matter });
}

/** @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => number} now @param {(area: string) => void} enter */
export function eventsPanel(root, picture, now, enter) {
  const draw = () => {
    const recent = picture.events.filter((event) => now() - Date.parse(event.at) < 600_000).length;
    render(html`
      <header><h2>${say("events.title")}</h2><span class="hint">${say(recent >= picture.events.length && recent >= KEPT ? "events.recent_more" : "events.recent", { n: recent })}</span></header>
      ${picture.events.length ? nothing : html`<p class="empty">${say("events.none")}</p>`}
      <ol class="events scroll">${[...picture.events].reverse().slice(0, SHOWN).map((event) => html`
        <li><button @click=${() => enter(event.area_code)} title=${sentence(event)}>
          <span class="badge ${event.level ?? "none"}">${event.level ? say(`level.${event.level}`) : "·"}</span>
          <time>${clockTime(event.at)}</time><span class="grow clamp">${sentence(event)}</span></button></li>`)}</ol>`, root);
  };
  picture.listen((touched) => { if (touched.has("events") || touched.has("area")) draw(); });
  return draw;
}
