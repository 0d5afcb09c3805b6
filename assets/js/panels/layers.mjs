// The bar below the map: layers on and off, colour theme, and the button that starts an order.
import { html, render } from "lit-html";
import { count } from "../format.mjs";
import { say } from "../text.mjs";

const THEMES = ["tickets", "on_duty", "unanswered", "warnings"];

/**
 * @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {import("../live/frames.mjs").People} people
 * @param {Record<string, { on: boolean, toggle: (on: boolean) => void }>} layers @param {(theme: string) => void} colour @param {{ id: string, words: string, primary?: boolean, run: () => void }[]} actions
 * @param {{ show: (on: Record<string, boolean>) => void, toggle: (open: boolean) => void, open: boolean }} filters
 */
export function layersBar(root, picture, people, layers, colour, actions, filters) {
  let theme = "tickets";
  const draw = () => {
    filters.show(Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, layer.on])));
    render(html`
    ${Object.entries(layers).map(([name, layer]) => html`<button aria-pressed=${layer.on} data-layer=${name} @click=${() => { layer.on = !layer.on; layer.toggle(layer.on); draw(); }}>
      ${say(`layer.${name}`, { n: count(name === "people" ? people.count : name === "tickets" ? picture.layers.tickets.size : picture.layers.warnings.size) })}</button>`)}
    <label class="theme">${say("layer.theme")}<select @change=${(/** @type {any} */ e) => { theme = e.target.value; colour(theme); }}>
      ${THEMES.map((name) => html`<option value=${name} ?selected=${name === theme}>${say(`layer.theme.${name}`)}</option>`)}</select></label>
    <button aria-pressed=${filters.open} data-layer="filters" @click=${() => { filters.toggle(!filters.open); draw(); }}>${say("layer.filter")}</button>
    ${actions.map((action) => html`<button class=${action.primary ? "primary" : "action"} id=${action.id} @click=${action.run}>${say(action.words)}</button>`)}`, root);
  };
  // The bar takes a second line when it is full: scale and sources of the map stay above it.
  new ResizeObserver(() => document.documentElement.style.setProperty("--layers", `${root.offsetHeight}px`)).observe(root);
  picture.listen((touched) => { if (touched.has("tickets") || touched.has("warnings")) draw(); });
  let shown = -1;
  people.listen(() => { if (people.count !== shown) { shown = people.count; draw(); } });
  draw();
  return draw;
}
