// Tickets: clusters with the worst level while there are many, marks with words near by; filtered by kind and level at once.
import { isDetail } from "../codes.mjs";
import { COLOUR, rank } from "../levels.mjs";
import { say } from "../text.mjs";
import { clusters } from "./clusters.mjs";
import { dots, dotSize } from "./dots.mjs";

/** Where a mark may be, nearest first: its place is known to a community at best, so several have the same. @type {[number, number][]} */
const STEPS = [
  [0, 0], [0, -1], [0, 1], [0, -2], [0, 2], [-1, 0], [1, 0], [-1, -1], [1, -1], [-1, 1], [1, 1],
  [0, -3], [0, 3], [-1, -2], [1, -2], [-1, 2], [1, 2], [0, -4], [0, 4],
];
const MOST_MARKS = 60;
const MOST_DOTS = 400;
/** Farther up, the badges of the areas count them better, unless one has asked for some by a filter. */
const FROM_ZOOM = 11;

/**
 * @param {import("leaflet").Map} map @param {import("../live/picture.mjs").Picture} picture @param {import("./labels.mjs").Labels} room
 * @param {(id: string) => void} open
 */
export function ticketLayer(map, picture, room, open) {
  const group = window.L.layerGroup().addTo(map);
  map.createPane("ticket-lines").style.zIndex = "610";
  map.createPane("tickets").style.zIndex = "620";
  let visible = true;
  let filter = { kind: "", level: "", state: "" };
  /** @type {import("../live/picture.mjs").Row[]} */
  let chosen = [];

  const wanted = (/** @type {any} */ ticket) => (!filter.kind || ticket.kind === filter.kind) && (!filter.level || ticket.level === filter.level) &&
    (!filter.state || (filter.state === "overdue" ? ticket.overdue : ticket.state === filter.state));
  const marks = () => isDetail(picture.area) || (picture.area.length >= 9 && chosen.length <= MOST_MARKS);

  const shows = (/** @type {number} */ zoom) => filter.kind || filter.level || filter.state || zoom >= FROM_ZOOM;

  const layer = dots(map, "ticket-dots", 460, (context, project, zoom) => {
    if (marks() || !shows(zoom)) return false;
    const { x: width, y: height } = map.getSize();
    /** @type {number[]} */
    const seen = [];
    chosen.forEach((ticket, i) => {
      const [x, y] = project(ticket.lon, ticket.lat);
      if (x > -9 && y > -9 && x < width + 9 && y < height + 9) seen.push(i, x, y);
    });
    const list = seen.length / 3 > MOST_DOTS ? clusters(seen, map, { order: (i) => rank(chosen[i].level) }) : seenAlone(seen);
    for (const level of ["blue", "yellow", "orange", "red"]) draw(context, list.filter((one) => chosen[one.one].level === level), COLOUR[/** @type {keyof typeof COLOUR} */ (level)], say(`level.${level}`));
    return list.length > 0;
  });

  const redraw = () => {
    chosen = visible ? [...picture.layers.tickets.values()].filter(wanted) : [];
    layer.plan();
    room.plan();
  };
  const label = () => {
    group.clearLayers();
    if (!marks()) {
      if (shows(map.getZoom()) && chosen.length <= MOST_DOTS) room.spared.push(...chosen.map(diamond));
      return;
    }
    /** @type {[HTMLElement, [number, number]][]} */
    const made = [];
    for (const ticket of chosen.slice(0, MOST_MARKS)) {
      const mark = document.createElement("button");
      mark.className = `ticket-mark badge ${ticket.level}`;
      mark.type = "button";
      mark.textContent = `${say(`level.${ticket.level}`)} ${say(`ticket.${ticket.kind}`)}`;
      mark.addEventListener("click", (event) => { event.stopPropagation(); open(ticket.id); });
      const icon = window.L.divIcon({ className: "ticket-at", html: mark, iconSize: [0, 0] });
      window.L.marker([ticket.lat, ticket.lon], { icon, pane: "tickets", keyboard: false }).addTo(group);
      made.push([mark, [ticket.lat, ticket.lon]]);
    }
    room.settle(made, STEPS).forEach((placed, i) => { if (placed) lead(...made[i]); });
  };
  /** A line from the place of a ticket to its mark, where that had to step aside. @param {HTMLElement} mark @param {[number, number]} at */
  const lead = (mark, at) => {
    const x = Number.parseFloat(mark.style.left), y = Number.parseFloat(mark.style.top);
    if (!x && !y) return;
    const line = document.createElement("i");
    line.className = "ticket-line";
    line.style.width = `${Math.hypot(x, y)}px`;
    line.style.transform = `rotate(${Math.atan2(y, x)}rad)`;
    const icon = window.L.divIcon({ className: "ticket-line-at", html: line, iconSize: [0, 0] });
    window.L.marker(at, { icon, pane: "ticket-lines", interactive: false, keyboard: false }).addTo(group);
  };
  const diamond = (/** @type {any} */ ticket) => {
    const { x, y } = map.latLngToLayerPoint([ticket.lat, ticket.lon]), r = dotSize() * 6 * 0.75;
    return { x: x - r, y: y - r, w: 2 * r, h: 2 * r };
  };
  room.add(label);
  picture.listen((touched) => { if (touched.has("tickets")) redraw(); });
  return {
    draw: redraw,
    /** @param {boolean} shown */
    toggle(shown) { visible = shown; layer.toggle(shown); redraw(); },
    /** @param {{ kind: string, level: string, state: string }} wish empty: all */
    filter(wish) { filter = wish; redraw(); },
    get count() { return chosen.length; },
  };
}

/** @param {number[]} seen @returns {import("./clusters.mjs").Cluster[]} */
const seenAlone = (seen) => Array.from({ length: seen.length / 3 }, (_, i) => ({ one: seen[3 * i], x: seen[3 * i + 1], y: seen[3 * i + 2], count: 1 }));

/** Diamonds with the level's character or the number: colour never stands alone. @param {CanvasRenderingContext2D} context @param {import("./clusters.mjs").Cluster[]} list @param {string} colour @param {string} word */
function draw(context, list, colour, word) {
  const size = dotSize() * 6;
  context.fillStyle = "#0A1420E6";
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.5, size / 8);
  context.beginPath();
  for (const { x, y, count } of list) {
    const r = size * (0.75 + 0.22 * Math.log10(count));
    context.moveTo(x, y - r);
    context.lineTo(x + r, y);
    context.lineTo(x, y + r);
    context.lineTo(x - r, y);
    context.closePath();
  }
  context.fill();
  context.stroke();
  context.fillStyle = "#E6EEF5";
  context.font = `600 ${size * 0.72}px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { x, y, count } of list) context.fillText(count > 1 ? String(count) : word, x, y);
  context.textAlign = "start";
}
