// Video points: small squares, hollow when offline; a tap shows the camera.
import { get } from "../api.mjs";
import { dots, dotSize } from "./dots.mjs";

/** @param {import("leaflet").Map} map */
export function videoLayer(map) {
  /** @type {any[]} */
  let points = [];
  const layer = dots(map, "video", 440, (context, project, zoom) => {
    const side = dotSize() * (zoom >= 14 ? 3.4 : zoom >= 12 ? 2 : 1.3);
    context.lineWidth = Math.max(1, side / 5);
    for (const point of points) {
      const [x, y] = project(point.lon, point.lat);
      context.strokeStyle = point.online ? "#C9D8E4" : "#7A96AC";
      if (zoom >= 12) {
        context.fillStyle = "#0A1420";
        context.fillRect(x - side / 2, y - side / 2, side, side);
      }
      context.strokeRect(x - side / 2, y - side / 2, side, side);
    }
  });
  layer.toggle(false);
  return {
    ...layer,
    get points() { return points; },
    /** @param {string} area @param {AbortSignal} signal */
    async load(area, signal) {
      points = await get(`/areas/${area}/video`, signal);
      layer.plan();
    },
    /** @param {boolean} shown */
    toggle: (shown) => layer.toggle(shown),
    get visible() { return layer.visible; },
    /** The camera at a tap, or null. @param {import("leaflet").Point} at */
    at(at) {
      if (!layer.visible) return null;
      let best = null, nearest = 14;
      for (const point of points) {
        const distance = map.latLngToContainerPoint([point.lat, point.lon]).distanceTo(at);
        if (distance < nearest) [best, nearest] = [point, distance];
      }
      return best;
    },
  };
}
