// Micro-grids by MapLibre GL inside the Leaflet map. Colours are feature state: a change never fetches a tile again.
import { MaplibreGL } from "@maplibre/maplibre-gl-leaflet";
import { setWorkerCount, setWorkerUrl } from "maplibre-gl";

import { palette } from "./theme_colours.mjs";

const SOURCE = "micro_grids";
/** What one frame may spend on new colours: a change of theme touches a hundred thousand. */
const AT_ONCE = 8000;
/** A frame that takes longer than this is slow: from then on fewer pixels are drawn. */
const SLOW_MS = 60;
const LEAST_RATIO = 0.5;
/** After a slow frame others get this many times as long as it took: without a graphics card drawing must not hold up the rest. */
const SHARE = 2;
const TRIALS = 20;

/** The bridge between both maps, able to wait: while it holds, a move of the map draws no micro-grids and nothing is computed for them. */
const plain = /** @type {any} */ (MaplibreGL);
const Bridge = plain.extend({
  held: false,
  /** Lets the map draw, or keeps it from it. @type {(held: boolean) => void} */
  pause() {},
  /** Nothing is drawn, and what is shown is of the place before: it is hidden. @param {boolean} held */
  hold(held) {
    if (this.held === held || !this._glMap) return;
    this.held = held;
    if (held) this.show(false);
    this.pause(held);
    if (!held) this._update();
  },
  /** By visibility alone: without a box MapLibre would take itself for resized, and draw at once when it has one again. @param {boolean} shown */
  show(shown) { this._glMap._actualCanvas.style.visibility = shown ? "" : "hidden"; },
  /** Zooms below this are not drawn here: to follow them would only fetch tiles of a whole city. */
  from: 0,
  _transformGL(/** @type {unknown} */ gl) { if (!this.held && this._map.getZoom() >= this.from) plain.prototype._transformGL.call(this, gl); },
  _pinchZoom(/** @type {unknown} */ event) { if (!this.held) plain.prototype._pinchZoom.call(this, event); },
});

/**
 * @param {import("leaflet").Map} map @param {import("../live/colours.mjs").Colours} colours @param {(error: unknown) => void} problem
 * @param {number} from the least zoom that is drawn
 * @returns {Promise<import("./micro_grids.mjs").Drawing>}
 */
export async function glDrawing(map, colours, problem, from) {
  setWorkerUrl(new URL("/assets/vendor/maplibre-gl-worker.mjs", location.href).href);
  setWorkerCount(Math.max(2, Math.min(4, Math.floor(navigator.hardwareConcurrency / 2)))); // the four tiles of a city are read side by side
  const style = { version: 8, sources: {}, layers: [] };
  const layer = new Bridge({
    style, pane: "micro-grids", padding: 0, interactive: false, fadeDuration: 0, maxTileCacheSize: 200, maxCanvasSize: [16384, 8192], refreshExpiredTiles: false,
    canvasContextAttributes: { antialias: false, powerPreference: "high-performance" },
  });
  layer.addTo(/** @type {any} */ (map));
  const gl = layer.getMaplibreMap();
  let theme = "tickets", hovered = 0;
  const told = new Set();
  gl.on("error", (/** @type {any} */ event) => {
    const words = String(event.error?.message ?? event.error);
    if (!told.has(words)) { told.add(words); problem(event.error); }
  });
  await new Promise((resolve) => gl.once("style.load", resolve));
  const spare = sparing(gl);
  layer.from = from;
  layer.pause = spare.hold;
  layer.show(false);

  /** Numbers that wait for their colour. @type {Set<number>} */
  let waiting = new Set();
  /** What the map shows now. */
  let shown = new Uint8Array(0);
  let planned = 0;
  const put = () => {
    planned = 0;
    let n = 0;
    for (const number of waiting) {
      if (++n > AT_ONCE) break;
      waiting.delete(number);
      const value = Math.min(8, colours.of(number));
      if (shown[number] === value) continue;
      shown[number] = value;
      gl.setFeatureState({ source: SOURCE, sourceLayer: SOURCE, id: number }, { v: value });
    }
    if (waiting.size) planned = requestAnimationFrame(put);
  };
  const plan = () => { if (!planned && waiting.size && gl.getSource(SOURCE)) planned = requestAnimationFrame(put); };

  const fill = () => /** @type {any} */ (["match", ["coalesce", ["feature-state", "v"], 0], ...palette(theme).flatMap((colour, value) => value ? [value, colour] : []), "rgba(0,0,0,0)"]);
  return {
    show(tiles) {
      // Where the map is now: or tiles of the place would be fetched where MapLibre was left.
      plain.prototype._transformGL.call(layer, gl);
      for (const id of ["hovered", "lines", "fill"]) if (gl.getLayer(id)) gl.removeLayer(id);
      if (gl.getSource(SOURCE)) gl.removeSource(SOURCE);
      gl.addSource(SOURCE, { type: "vector", tiles: [location.origin + tiles.url], minzoom: tiles.min_zoom, maxzoom: tiles.max_zoom });
      const from = { source: SOURCE, "source-layer": SOURCE };
      gl.addLayer(/** @type {any} */ ({ id: "fill", type: "fill", ...from, paint: { "fill-color": fill(), "fill-antialias": false } }));
      gl.addLayer({ id: "lines", type: "line", ...from, paint: { "line-color": "#37597A", "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 13, 1], "line-opacity": 0.6 } });
      gl.addLayer({ id: "hovered", type: "line", ...from, filter: ["==", ["id"], 0], paint: { "line-color": "#3FB6E8", "line-width": 3 } });
      shown = new Uint8Array(tiles.last + 1);
    },
    get slow() { return spare.slow; },
    async sharpen() {
      layer.hold(false);
      gl.triggerRepaint();
      await new Promise((resolve) => gl.once("idle", resolve));
      if (!layer.held) layer.show(true);
    },
    paint(changed) {
      if (changed) for (const number of changed) waiting.add(number);
      else {
        waiting = new Set();
        for (let number = 1; number < shown.length; number++) if (shown[number] !== Math.min(8, colours.of(number))) waiting.add(number);
      }
      plan();
    },
    theme(name) {
      theme = name;
      if (gl.getLayer("fill")) gl.setPaintProperty("fill", "fill-color", fill());
    },
    hold() { layer.hold(true); },
    hover(number) {
      if (hovered === number || !gl.getLayer("hovered")) return;
      hovered = number;
      gl.setFilter("hovered", ["==", ["id"], number]);
    },
    numberAt(at) {
      if (!gl.getLayer("fill")) return 0;
      const [found] = gl.queryRenderedFeatures(gl.project([at.lng, at.lat]), { layers: ["fill"] });
      return Number(found?.id ?? 0);
    },
  };
}

/**
 * Let a slow machine draw less: fewer pixels, and pauses between frames.
 * @param {import("maplibre-gl").Map} map
 * @returns {{ hold: (held: boolean) => void, slow: boolean }} `hold` keeps the map from drawing at all, or lets it; `slow`: whether it was found so
 */
function sparing(map) {
  const inner = /** @type {any} */ (map);
  const atOnce = map.triggerRepaint.bind(map), render = inner._render.bind(map);
  const gl = /** @type {WebGL2RenderingContext} */ (inner.painter.context.gl), pixel = new Uint8Array(4);
  /** Frames that are still to be measured: waiting for each one would cost a fast machine something too. */
  let unsure = TRIALS, free = 0, held = false, missed = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let waiting = null;
  map.triggerRepaint = () => {
    if (held) {
      missed = true;
      return;
    }
    const pause = free - performance.now();
    if (pause <= 0) atOnce();
    else waiting ??= setTimeout(() => { waiting = null; map.triggerRepaint(); }, pause);
  };
  inner._render = (/** @type {number} */ now) => {
    if (!unsure) return render(now);
    const began = performance.now();
    const drawn = render(now);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits until it is really drawn
    const took = performance.now() - began;
    if (took < SLOW_MS) {
      unsure--;
      return drawn;
    }
    unsure = TRIALS;
    free = began + took * (1 + SHARE);
    if (map.getPixelRatio() > LEAST_RATIO) setTimeout(() => map.setPixelRatio(LEAST_RATIO));
    return drawn;
  };
  return {
    hold(hold) {
      held = hold;
      if (held || !missed) return;
      missed = false;
      map.triggerRepaint();
    },
    get slow() { return map.getPixelRatio() <= LEAST_RATIO; },
  };
}
