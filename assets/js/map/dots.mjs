// A canvas over the map for many small things: people, cameras. Redrawn when they move or the map does.

/** Points that glide are drawn this often: more is not seen on slow walkers, and a wall has other things to do. */
const STEP_MS = 50;

/** @typedef {{ lat: number, lon: number }} Place */

/**
 * A Leaflet layer that calls `draw(context, project, size)` for the present view.
 * @param {import("leaflet").Map} map @param {string} pane @param {number} zIndex
 * @param {(context: CanvasRenderingContext2D, project: (lon: number, lat: number) => [number, number], zoom: number, now: number) => boolean} draw false: there was nothing to draw
 * @param {(now: number) => boolean} [moving] whether it has to be drawn again at once
 */
export function dots(map, pane, zIndex, draw, moving = () => false) {
  map.createPane(pane).style.zIndex = String(zIndex);
  const canvas = document.createElement("canvas");
  canvas.className = `dots dots-${pane}`;
  canvas.style.pointerEvents = "none";
  /** @type {HTMLElement} */ (map.getPane(pane)).append(canvas);
  let planned = 0;
  let visible = true;

  const paint = () => {
    planned = 0;
    const size = map.getSize();
    const ratio = window.devicePixelRatio || 1;
    window.L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    const now = performance.now();
    const something = visible && draw(context, projection(map), map.getZoom(), now);
    canvas.style.display = something ? "" : "none"; // an empty canvas as large as the map would still be laid over it, frame by frame
    if (visible && moving(now) && !document.hidden) setTimeout(plan, STEP_MS);
  };
  const plan = () => { if (!planned) planned = requestAnimationFrame(paint); };
  map.on("moveend zoomend resize viewreset", plan);
  map.on("move", plan);
  map.on("zoomstart", () => { canvas.style.opacity = "0"; });
  map.on("zoomend", () => { canvas.style.opacity = "1"; });
  return {
    plan,
    /** @param {boolean} shown */
    toggle(shown) { visible = shown; plan(); },
    get visible() { return visible; },
  };
}

/**
 * Spherical Mercator as Leaflet has it, without an object for each point: tens of thousands are drawn.
 * @param {import("leaflet").Map} map @returns {(lon: number, lat: number) => [number, number]}
 */
function projection(map) {
  const scale = 256 * 2 ** map.getZoom();
  const origin = map.getPixelBounds().min ?? { x: 0, y: 0 };
  return (lon, lat) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return [scale * (lon / 360 + 0.5) - origin.x, scale * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) - origin.y];
  };
}

/** Radius of a dot for a screen: readable on a wall, small on a tablet. */
export const dotSize = () => Math.max(1.6, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 11);
