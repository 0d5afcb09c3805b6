// What is said of the open place: the way to it, what is known of it, the nearest cameras.
import { html, nothing, render } from "lit-html";

import { isDetail } from "../codes.mjs";
import { say } from "../text.mjs";

/**
 * @typedef {{ code: string, name: string, level: string, boundary_source: string, dedicated: boolean, households: number, population: number, vulnerable: number }} Area
 * @typedef {{ name: string, online: boolean, distance_m: number }} Camera
 * @typedef {{ area: Area, path: Area[], near: Camera[] }} Place
 */

/**
 * @param {{ breadcrumb: HTMLElement, place: HTMLElement, cameras: HTMLElement }} roots @param {(code: string) => void} enter
 * @param {(camera: Camera) => void} watch
 */
export function placePanel(roots, enter, watch) {
  const follow = (/** @type {MouseEvent} */ event, /** @type {string} */ code) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window is what the browser does with a link
    event.preventDefault();
    enter(code);
  };
  return {
    /** @param {Place} found */
    show({ area, path, near }) {
      render(html`${path.map((step) => html`<a href="/?area=${step.code}" @click=${(/** @type {MouseEvent} */ e) => follow(e, step.code)}>${step.name}</a><span class="sep">▸</span>`)}<span class="here" data-code=${area.code} aria-current="page">${area.name}</span>`, roots.breadcrumb);
      const detail = isDetail(area.code);
      roots.place.hidden = roots.cameras.hidden = !detail;
      if (!detail) return;
      render(about(area), roots.place);
      render(cameras(near, watch), roots.cameras);
    },
    /** The place cannot be shown; `home` is where this person may go. @param {string} sentence @param {string} home */
    problem(sentence, home) {
      render(html`<span class="problem">${sentence}</span><a href="/?area=${home}" data-home @click=${(/** @type {MouseEvent} */ e) => follow(e, home)}>${say("bar.own_area")}</a>`, roots.breadcrumb);
      roots.place.hidden = roots.cameras.hidden = true;
    },
  };
}

/** @param {Area} area */
function about(area) {
  const source = ["official", "generated"].includes(area.boundary_source) ? say(`boundary.${area.boundary_source}`) : area.boundary_source;
  return html`
    <header><h2>${area.name}</h2><code>${area.code}</code></header>
    <div class="numbers">${/** @type {const} */ (["households", "population", "vulnerable"]).map((key) => html`<div><span>${say(`area.${key}`)}</span><b class="number">${area[key].toLocaleString("en")}</b></div>`)}</div>
    <p class="hint"><span>${say(`level.${area.level}`)}</span> · <span class="source">${source}</span>${area.dedicated ? html` · ${say("area.dedicated")}` : nothing}</p>`;
}

/** @param {number} m */
const distance = (m) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`);

/** @param {Camera[]} near @param {(camera: Camera) => void} watch */
function cameras(near, watch) {
  return html`
    <header><h2>${say("video.nearest")}</h2><span class="hint">${say("video.of", { online: near.filter((camera) => camera.online).length, total: near.length })}</span></header>
    ${near.length ? html`<div class="cameras">${near.map((camera) => html`
      <button class="camera ${camera.online ? "online" : "offline"}" title=${camera.name} @click=${() => watch(camera)}>
        <span class="camera-state">${say(camera.online ? "video.online" : "video.offline")}</span>
        <span class="camera-name" title=${camera.name}>${camera.name}</span>
        <span class="camera-distance">${distance(camera.distance_m)}</span></button>`)}</div>`
      : html`<p class="empty">${say("video.none")}</p>`}`;
}
