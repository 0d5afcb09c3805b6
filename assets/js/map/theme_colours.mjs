// What a value of a micro-grid looks like, the same for WebGL and canvas. Counts use the one accent; only warnings use the four colours.
import { COLOUR } from "../levels.mjs";

/** Steps of a count: from this value on, this much of the accent. */
const STEPS = [[1, 0.3], [2, 0.45], [4, 0.6], [8, 0.75]];
const ACCENT = [63, 182, 232];
const LEVELS = ["", COLOUR.blue, COLOUR.yellow, COLOUR.orange, COLOUR.red];

/** Colours by value, 0 to 8; higher values look like 8. @param {string} theme @returns {string[]} */
export function palette(theme) {
  return Array.from({ length: 9 }, (_, value) => {
    if (theme === "warnings") return value && value < 5 ? `${LEVELS[value]}73` : "rgba(0,0,0,0)";
    const share = STEPS.findLast(([from]) => value >= from)?.[1] ?? 0;
    return `rgba(${ACCENT.join(",")},${share})`;
  });
}
