// Drawing on the map whom an order is for: a ring drawn by hand (lasso), or a circle around a point.
import { say } from "../text.mjs";

/** The click that ends a drawing comes after it, and must not enter the place below. */
const CLICK_AFTER_MS = 400;

/**
 * @param {import("leaflet").Map} map @param {(shape: Record<string, unknown> | null) => void} chosen told each shape, or null when it is cleared
 * @param {(text: string | null) => void} hint shown while one draws
 */
export function shapeTool(map, chosen, hint) {
  const group = window.L.layerGroup().addTo(map);
  const style = { color: "#3FB6E8", weight: 3, fillOpacity: 0.12, interactive: false };
  /** @type {(() => void) | null} */
  let stop = null;
  let ended = -Infinity;
  /** The middle of the circle that is drawn. @type {import("leaflet").LatLng | null} */
  let middle = null;

  const end = () => {
    if (stop) ended = performance.now();
    stop?.();
    stop = null;
    hint(null);
    map.dragging.enable();
    map.getContainer().classList.remove("drawing");
  };

  const lasso = () => {
    end();
    middle = null;
    group.clearLayers();
    hint(say("dispatch.draw_lasso"));
    map.dragging.disable();
    const container = map.getContainer();
    container.classList.add("drawing");
    /** @type {import("leaflet").LatLng[]} */
    let ring = [];
    const line = window.L.polygon([], style).addTo(group);
    const begin = (/** @type {PointerEvent} */ event) => { container.setPointerCapture(event.pointerId); ring = []; extend(event); };
    const extend = (/** @type {PointerEvent} */ event) => {
      if (!event.buttons) return;
      ring.push(map.mouseEventToLatLng(event));
      line.setLatLngs(ring);
    };
    const finish = () => {
      if (ring.length < 3) return;
      const step = Math.max(1, Math.ceil(ring.length / 200));
      const points = outline(ring.filter((_, i) => i % step === 0).map((p) => [round(p.lng), round(p.lat)]));
      if (points.length < 3) return; // a scribble: one may go on drawing
      line.setLatLngs(points.map(([lng, lat]) => [lat, lng]));
      end();
      chosen({ lasso: points });
    };
    container.addEventListener("pointerdown", begin);
    container.addEventListener("pointermove", extend);
    container.addEventListener("pointerup", finish);
    stop = () => {
      container.removeEventListener("pointerdown", begin);
      container.removeEventListener("pointermove", extend);
      container.removeEventListener("pointerup", finish);
    };
  };

  const circle = (/** @type {() => number} */ radius) => {
    end();
    group.clearLayers();
    hint(say("dispatch.draw_circle"));
    map.getContainer().classList.add("drawing");
    const once = (/** @type {import("leaflet").LeafletMouseEvent} */ event) => {
      end();
      middle = event.latlng;
      resize(radius());
    };
    map.once("click", once);
    stop = () => map.off("click", once);
  };

  /** Draw the circle anew with another radius. @param {number} radius metres */
  const resize = (radius) => {
    if (!middle) return;
    group.clearLayers();
    window.L.circle(middle, { ...style, radius }).addTo(group);
    chosen({ near: { lon: round(middle.lng), lat: round(middle.lat), radius_m: radius } });
  };
  const clear = () => {
    middle = null;
    end();
    group.clearLayers();
    chosen(null);
  };
  return { lasso, circle, clear, resize, get drawing() { return stop !== null || performance.now() - ended < CLICK_AFTER_MS; } };
}

/** Degrees to a tenth of a metre. @param {number} degrees */
export const round = (degrees) => Math.round(degrees * 1e6) / 1e6;

/**
 * A ring without what a hand draws beyond its beginning: where the line crosses itself, the longer part stays.
 * @param {number[][]} points [lon, lat] @returns {number[][]}
 */
export function outline(points) {
  let ring = points.filter(([x, y], i) => i === 0 || x !== points[i - 1][0] || y !== points[i - 1][1]);
  for (;;) {
    const at = crossing(ring);
    if (!at) return ring;
    const inner = ring.slice(at[0] + 1, at[1] + 1), outer = [...ring.slice(0, at[0] + 1), ...ring.slice(at[1] + 1)];
    ring = inner.length >= outer.length ? inner : outer;
  }
}

/** The first two sides of a ring that cross or touch and are not neighbours. @param {number[][]} ring @returns {[number, number] | null} */
function crossing(ring) {
  const n = ring.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      if (meet(ring[i], ring[i + 1], ring[j], ring[(j + 1) % n])) return [i, j];
    }
  }
  return null;
}

/** @param {number[]} a @param {number[]} b @param {number[]} c @param {number[]} d */
function meet(a, b, c, d) {
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}

/** On which side of the line ab c lies: -1, 0 or 1. @param {number[]} a @param {number[]} b @param {number[]} c */
function side(a, b, c) {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}
