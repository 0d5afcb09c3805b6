// People on the map: every position a dot; names where there is room; a tap finds the person.
import { GONE } from "../live/frames.mjs";
import { dots, dotSize } from "./dots.mjs";

const NAMES_FROM_ZOOM = 14;

/**
 * @param {import("leaflet").Map} map @param {import("../live/frames.mjs").People} people
 * @param {import("../live/picture.mjs").Picture} picture
 */
export function peopleLayer(map, people, picture) {
  const layer = dots(map, "people", 450, (context, project, zoom) => {
    const near = zoom >= NAMES_FROM_ZOOM;
    const radius = dotSize() * (near ? 2.2 : zoom >= 12 ? 1.5 : 1);
    const names = near ? new Map([...picture.layers.units.values()].map((unit) => [unit.number, unit.name])) : null;
    const { width, height } = context.canvas;
    context.fillStyle = "#8FD3F4";
    context.beginPath();
    /** @type {[string, number, number][]} */
    const labels = [];
    for (let i = 0; i < people.lon.length; i++) {
      if (people.lon[i] === GONE) continue;
      const [x, y] = project(people.lon[i] / 1e6, people.lat[i] / 1e6);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
      const name = names?.get(i);
      if (name) labels.push([name, x, y]);
    }
    context.fill();
    if (near) {
      context.lineWidth = radius / 2;
      context.strokeStyle = "#0A1420";
      context.stroke();
    }
    const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    context.font = `${size}px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
    context.textBaseline = "middle";
    context.lineWidth = size / 4;
    context.strokeStyle = "#0A1420";
    context.fillStyle = "#E6EEF5";
    for (const [name, x, y] of labels) {
      context.strokeText(name, x + radius * 1.6, y);
      context.fillText(name, x + radius * 1.6, y);
    }
  });
  people.listen(layer.plan);
  picture.listen((touched) => { if (touched.has("units")) layer.plan(); });
  return layer;
}

/**
 * Number of the person nearest to a tap, within a finger's width; null when there is nobody.
 * @param {import("leaflet").Map} map @param {import("../live/frames.mjs").People} people @param {import("leaflet").Point} at container pixels
 */
export function personAt(map, people, at) {
  const reach = 14;
  const southWest = map.containerPointToLatLng([at.x - reach, at.y + reach]), northEast = map.containerPointToLatLng([at.x + reach, at.y - reach]);
  let best = null, nearest = Infinity;
  for (const number of people.within(southWest.lng, southWest.lat, northEast.lng, northEast.lat)) {
    const distance = map.latLngToContainerPoint([people.lat[number] / 1e6, people.lon[number] / 1e6]).distanceTo(at);
    if (distance < nearest) [best, nearest] = [number, distance];
  }
  return best;
}
