// People on the map: clusters far up, a dot with its heading nearer, name and role where there is room; a tap finds the person.
import { GLIDE_MS, GONE, OLD } from "../live/frames.mjs";
import { say } from "../text.mjs";
import { clusters, drawClusters } from "./clusters.mjs";
import { dots, dotSize } from "./dots.mjs";
import { meet } from "./labels.mjs";

const NAMES_FROM_ZOOM = 14.5;
const HEADING_FROM_ZOOM = 13;
const MOST_DOTS = 5000;
/** More than this in view are clustered: they would only be a carpet. */
const GLIDE_FROM_ZOOM = 11;

/**
 * @param {import("leaflet").Map} map @param {import("../live/frames.mjs").People} people
 * @param {import("../live/picture.mjs").Picture} picture @param {import("./labels.mjs").Labels} room
 */
export function peopleLayer(map, people, picture, room) {
  let lastFrame = 0, clustered = false;
  /** Where names stand, container pixels. @type {import("./labels.mjs").Box[]} */
  let named = [];
  const layer = dots(map, "people", 450, (context, project, zoom, now) => {
    const { x: width, y: height } = map.getSize();
    const at = zoom >= GLIDE_FROM_ZOOM ? now : Infinity;
    /** @type {number[]} number, x, y of those in view */
    const seen = [];
    for (let i = 0; i < people.lon.length; i++) {
      if (people.lon[i] === GONE) continue;
      const [lon, lat] = people.shown(i, at);
      const [x, y] = project(lon, lat);
      if (x > -9 && y > -9 && x < width + 9 && y < height + 9) seen.push(i, x, y);
    }
    clustered = seen.length / 3 > MOST_DOTS;
    named = [];
    if (clustered) {
      drawClusters(context, clusters(seen, map), { fill: "rgba(63,182,232,.16)", line: "rgba(143,211,244,.75)", text: "#D9F1FC" });
      return true;
    }
    drawDots(context, seen, people, zoom);
    if (zoom >= NAMES_FROM_ZOOM) named = drawNames(context, seen, picture, room);
    return seen.length > 0;
  }, (now) => map.getZoom() >= GLIDE_FROM_ZOOM && now - lastFrame < GLIDE_MS + 100);
  people.listen(() => { lastFrame = performance.now(); layer.plan(); });
  picture.listen((touched) => { if (touched.has("units")) layer.plan(); });
  room.add(layer.plan);
  return { ...layer, get named() { return named; }, get visible() { return layer.visible; }, get clustered() { return clustered; } };
}

/** @param {CanvasRenderingContext2D} context @param {number[]} seen @param {import("../live/frames.mjs").People} people @param {number} zoom */
function drawDots(context, seen, people, zoom) {
  const near = zoom >= NAMES_FROM_ZOOM;
  const radius = dotSize() * (near ? 2.2 : zoom >= 12 ? 1.5 : 1);
  for (const old of [true, false]) {
    context.beginPath();
    for (let i = 0; i < seen.length; i += 3) {
      if ((people.heading[seen[i]] === OLD) !== old) continue;
      const x = seen[i + 1], y = seen[i + 2];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
      if (old || zoom < HEADING_FROM_ZOOM) continue;
      // a tip that shows where the person is going
      const angle = (people.heading[seen[i]] * 2 * Math.PI) / 180, sin = Math.sin(angle), cos = Math.cos(angle);
      context.moveTo(x + sin * radius * 2, y - cos * radius * 2);
      context.lineTo(x + cos * radius * 0.8 + sin * radius * 0.5, y + sin * radius * 0.8 - cos * radius * 0.5);
      context.lineTo(x - cos * radius * 0.8 + sin * radius * 0.5, y - sin * radius * 0.8 - cos * radius * 0.5);
      context.closePath();
    }
    // whose position is old is a hollow, faint ring: somebody was there
    context.lineWidth = old ? Math.max(1, radius / 2) : radius / 2.5;
    context.fillStyle = "#8FD3F4";
    context.strokeStyle = old ? "#8FD3F466" : "#0A1420";
    if (!old) context.fill();
    if (old || near) context.stroke();
  }
}

/**
 * Name and first role, the upper left first; what would overlap is left out.
 * @param {CanvasRenderingContext2D} context @param {number[]} seen @param {import("../live/picture.mjs").Picture} picture
 * @param {import("./labels.mjs").Labels} room @returns where they stand
 */
function drawNames(context, seen, picture, room) {
  const units = new Map([...picture.layers.units.values()].map((unit) => [unit.number, unit]));
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const gap = dotSize() * 4;
  context.font = `${size}px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
  context.textBaseline = "middle";
  context.lineWidth = size / 4;
  context.strokeStyle = "#0A1420";
  context.fillStyle = "#E6EEF5";
  const high = size * 1.2;
  /** @type {import("./labels.mjs").Box[]} */
  const taken = [];
  for (let i = 0; i < seen.length; i += 3) {
    const unit = units.get(seen[i]);
    if (!unit) continue;
    const x = seen[i + 1] + gap, y = seen[i + 2];
    const text = unit.roles?.length ? `${unit.name} ${say(`role.${unit.roles[0]}`)}` : unit.name;
    const box = { x, y: y - high / 2, w: context.measureText(text).width, h: high };
    if (taken.some((other) => meet(box, other)) || room.covers(box)) continue;
    taken.push(box);
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }
  return taken;
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
