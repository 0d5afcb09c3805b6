// Filters of the map's layers: which tickets and which video points. They work in the browser, on what is there already.
import { html, render } from "lit-html";
import { LEVELS } from "../levels.mjs";
import { KINDS as VIDEO_KINDS } from "../map/video.mjs";
import { say } from "../text.mjs";

const TICKET_KINDS = ["waterlogging", "landslide", "fire", "gas_leak", "road_damage", "fallen_tree", "power_failure", "dangerous_building", "drain_blocked", "person_in_need", "other"];
const TICKET_STATES = ["reported", "assigned", "handling", "handled", "overdue"];

/**
 * @param {HTMLElement} root
 * @param {{ tickets: (wish: { kind: string, level: string, state: string }) => void, video: (wish: { kind: string, state: string }) => void }} apply
 */
export function filtersPanel(root, apply) {
  const tickets = { kind: "", level: "", state: "" }, video = { kind: "", state: "" };
  /** @type {Record<string, boolean>} */
  let shown = {};
  const choice = (/** @type {any} */ wish, /** @type {string} */ field, /** @type {string} */ label, /** @type {string[]} */ values, /** @type {(value: string) => string} */ word, /** @type {() => void} */ changed) => html`
    <label>${say(label)}<select data-filter=${label} @change=${(/** @type {any} */ e) => { wish[field] = e.target.value; changed(); }}>
      <option value="">${say("filter.all")}</option>${values.map((value) => html`<option value=${value} ?selected=${wish[field] === value}>${word(value)}</option>`)}</select></label>`;
  const draw = () => {
    const onTickets = () => apply.tickets({ ...tickets }), onVideo = () => apply.video({ ...video });
    render(html`
      ${shown.tickets ? [
        choice(tickets, "kind", "filter.ticket_kind", TICKET_KINDS, (v) => say(`ticket.${v}`), onTickets),
        choice(tickets, "level", "filter.ticket_level", LEVELS, (v) => say(`level.${v}`), onTickets),
        choice(tickets, "state", "filter.ticket_state", TICKET_STATES, (v) => v === "overdue" ? say("filter.overdue") : say(`ticket.state.${v}`), onTickets)] : ""}
      ${shown.video ? [
        choice(video, "kind", "filter.video_kind", VIDEO_KINDS, (v) => say(`video.kind.${v}`), onVideo),
        choice(video, "state", "filter.video_state", ["online", "offline"], (v) => say(`video.${v}`), onVideo)] : ""}`, root);
  };
  return {
    /** Which layers are on: only theirs can be filtered. @param {Record<string, boolean>} on */
    show(on) { shown = on; draw(); },
    /** @param {boolean} open */
    toggle(open) { root.hidden = !open; draw(); },
    get open() { return !root.hidden; },
  };
}
