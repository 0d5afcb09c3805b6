// 接报: a report that reaches the desk by telephone becomes a ticket: where (by map or by name), what, how grave, who rang up.
import { html, nothing, render } from "lit-html";
import { get, newKey, post } from "../api.mjs";
import { LEVELS } from "../levels.mjs";
import { round } from "../map/shape.mjs";
import { say } from "../text.mjs";
import { KINDS } from "../ticket_kinds.mjs";

const KEPT = "yiping-intake";
const empty = () => ({ key: newKey(), kind: "", level: "yellow", text: "", caller: "", address: "", place: /** @type {{ lon: number, lat: number, name: string } | null} */ (null) });

/**
 * @param {HTMLElement} root @param {import("leaflet").Map} map
 * @param {{ hint: (text: string | null) => void, notify: (text: string, bad?: boolean) => void, opened: (open: boolean) => void, made: (id: string) => void }} act
 */
export function intakePanel(root, map, act) {
  let draft = empty(), problem = "", picking = false, sending = false;
  try {
    draft = { ...draft, ...JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") };
  } catch { /* what was kept cannot be read: an empty form */ }
  /** @type {any[]} */
  let found = [];
  /** @type {import("leaflet").CircleMarker | null} */
  let mark = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const keep = () => { try { sessionStorage.setItem(KEPT, JSON.stringify(draft)); } catch { /* a full storage must not stop a report */ } };

  const placed = (/** @type {{ lon: number, lat: number, name: string } | null} */ place) => {
    draft.place = place;
    mark?.remove();
    mark = place && !root.hidden ? window.L.circleMarker([place.lat, place.lon], { radius: 12, color: "#3FB6E8", weight: 4, interactive: false }).addTo(map) : null;
    keep();
    draw();
  };
  const onMap = (/** @type {import("leaflet").LeafletMouseEvent} */ event) => {
    picking = false;
    setTimeout(() => { act.hint(null); map.getContainer().classList.remove("drawing"); }, 0);
    placed({ lon: round(event.latlng.lng), lat: round(event.latlng.lat), name: say("intake.on_map") });
  };
  const pick = () => {
    picking = true;
    act.hint(say("intake.pick_hint"));
    map.getContainer().classList.add("drawing");
    map.once("click", onMap);
    draw();
  };
  const stopPicking = () => { if (picking) { picking = false; map.off("click", onMap); act.hint(null); map.getContainer().classList.remove("drawing"); } };
  const search = (/** @type {string} */ words) => {
    draft.address = words;
    keep();
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        found = words.trim() ? (await get(`/search?q=${encodeURIComponent(words.trim())}`)).areas.slice(0, 5) : [];
      } catch { found = []; }
      draw();
    }, 250);
  };
  const send = async () => {
    problem = !draft.kind ? say("intake.needs_kind") : !draft.text.trim() ? say("intake.needs_text") : !draft.place ? say("intake.needs_place") : "";
    if (problem || sending || !draft.place) return draw();
    sending = true;
    draw();
    try {
      const { key, kind, level, text, caller, address, place } = draft;
      const ticket = await post("/tickets", { key, kind, level, text, caller, address, lon: place.lon, lat: place.lat });
      draft = empty();
      close();
      act.notify(say("intake.made"));
      act.made(ticket.id);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    sending = false;
    keep();
    draw();
  };
  const close = () => { stopPicking(); root.hidden = true; mark?.remove(); mark = null; act.opened(false); };
  const field = (/** @type {"text" | "caller"} */ name) => (/** @type {any} */ event) => { draft[name] = event.target.value; keep(); };

  const draw = () => {
    if (root.hidden) return render(nothing, root);
    return render(html`
      <header><h2>${say("intake.title")}</h2><button class="close" title=${say("action.close")} @click=${close}>×</button></header>
      <form class="intake" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); send(); }}>
        <label class="wide">${say("report.kind")}<select name="kind" @change=${(/** @type {any} */ e) => { draft.kind = e.target.value; keep(); }}><option value="" ?selected=${!draft.kind}>${say("intake.choose")}</option>
          ${KINDS.map((kind) => html`<option value=${kind} ?selected=${draft.kind === kind}>${say(`ticket.${kind}`)}</option>`)}</select></label>
        <div class="segments" role="radiogroup" aria-label=${say("report.level")}>${LEVELS.map((level) => html`<label><input type="radio" name="level" value=${level} .checked=${draft.level === level} @change=${() => { draft.level = level; keep(); draw(); }}>
          <span class="badge ${level}">${say(`level.${level}`)}</span></label>`)}</div>
        <label class="wide">${say("report.text")}<textarea name="text" maxlength="2000" rows="3" .value=${draft.text} @input=${field("text")} placeholder=${say("report.text_hint")}></textarea></label>
        <label class="wide">${say("intake.address")}<input name="address" maxlength="200" autocomplete="off" .value=${draft.address} @input=${(/** @type {any} */ e) => search(e.target.value)} placeholder=${say("intake.address_hint")}></label>
        ${found.length ? html`<ul class="intake-found wide">${found.map((area) => html`<li><button type="button" @click=${() => { found = []; map.setView([area.lat, area.lon], Math.max(map.getZoom(), 14)); placed({ lon: area.lon, lat: area.lat, name: area.name }); }}>${area.name} <span class="hint">${area.code}</span></button></li>`)}</ul>` : nothing}
        <div class="wide line"><button type="button" data-pick aria-pressed=${picking} @click=${pick}>${say("intake.pick")}</button>
          <span class=${draft.place ? "good" : "hint"} role="status">${draft.place ? say("intake.place", { name: draft.place.name }) : say("intake.no_place")}</span></div>
        <label class="wide">${say("intake.caller")}<input name="caller" type="tel" maxlength="24" autocomplete="off" .value=${draft.caller} @input=${field("caller")}></label>
        ${problem ? html`<p class="problem wide" role="alert">${problem}</p>` : nothing}
        <footer class="wide sticky"><button class="primary" data-send ?disabled=${sending}>${say("intake.send")}</button></footer></form>`, root);
  };
  return {
    get drawing() { return picking; },
    toggle() {
      if (!root.hidden) return close();
      root.hidden = false;
      problem = "";
      act.opened(true);
      placed(draft.place);
      root.scrollIntoView({ block: "start" });
      /** @type {HTMLElement | null} */ (root.querySelector("select"))?.focus();
    },
    close,
  };
}
