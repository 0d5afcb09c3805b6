// What several panels and the map say of an area, worked out once from the picture so that they never contradict.
import { childTowards, related } from "./codes.mjs";
import { rank, worst } from "./levels.mjs";

/** @typedef {import("./live/picture.mjs").Picture} Picture */
/** @typedef {{ code: string, warning: string | null, red: number, tickets: number, overdue: number, unanswered: number, onDuty: number, units: number }} Child */

/** Worst warning in force for an area: on it, inside it or above it. @param {Picture} picture @param {string} code */
export const warningOf = (picture, code) =>
  worst([...picture.layers.warnings.values()].filter((warning) => related(warning.area_code, code)).map((warning) => warning.level));

/** Worst warning that is about a child itself: on it or inside it. One for the whole area distinguishes nobody. @param {Picture} picture @param {string} code */
export const ownWarningOf = (picture, code) =>
  worst([...picture.layers.warnings.values()].filter((warning) => warning.area_code.startsWith(code)).map((warning) => warning.level));

/** The areas below the picture's area, the one that needs attention most first. @param {Picture} picture @returns {Child[]} */
export function children(picture) {
  /** @type {Map<string, number>} */
  const red = new Map();
  for (const ticket of picture.layers.tickets.values()) {
    const child = ticket.level === "red" ? childTowards(picture.area, ticket.area_code) : null;
    if (child) red.set(child, (red.get(child) ?? 0) + 1);
  }
  const list = [...picture.layers.figures].filter(([code]) => code !== picture.area).map(([code, row]) => ({
    code, warning: ownWarningOf(picture, code), red: red.get(code) ?? 0, tickets: row.tickets, overdue: row.overdue, unanswered: row.unanswered,
    onDuty: row.on_duty, units: row.units,
  }));
  return list.sort((a, b) =>
    rank(a.warning) - rank(b.warning) || b.red - a.red || b.overdue - a.overdue || b.unanswered - a.unanswered || b.tickets - a.tickets || a.code.localeCompare(b.code));
}

/** How many warnings of each level are in force. @param {Picture} picture @returns {Record<string, number>} */
export function warningCounts(picture) {
  const counts = { red: 0, orange: 0, yellow: 0, blue: 0 };
  for (const warning of picture.layers.warnings.values()) counts[/** @type {keyof typeof counts} */ (warning.level)] += 1;
  return counts;
}

/** Open tickets by child area. @param {Picture} picture @returns {Map<string, import("./live/picture.mjs").Row[]>} */
export function ticketsByChild(picture) {
  const found = new Map();
  for (const ticket of picture.layers.tickets.values()) {
    const child = childTowards(picture.area, ticket.area_code) ?? picture.area;
    if (!found.has(child)) found.set(child, []);
    found.get(child).push(ticket);
  }
  return found;
}

/** Open tickets of the worst level. @param {Picture} picture */
export const redTickets = (picture) => [...picture.layers.tickets.values()].filter((ticket) => ticket.level === "red").length;

/** Deliveries that wait for an answer. @param {Record<string, number>} counts */
export const silent = (counts) => (counts.queued ?? 0) + (counts.delivered ?? 0);
/** All deliveries. @param {Record<string, number>} counts */
export const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

const STEPS = ["delivered", "acknowledged", "en_route", "arrived", "done"];
/** How many have come at least as far as each step. @param {Record<string, number>} counts @returns {[string, number][]} */
export function reached(counts) {
  return STEPS.map((step, i) => [step, STEPS.slice(i).reduce((sum, state) => sum + (counts[state] ?? 0), 0) + (step === "delivered" ? (counts.declined ?? 0) : 0)]);
}
