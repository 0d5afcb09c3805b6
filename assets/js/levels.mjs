// The four warning colours: red worst. Colour never stands alone: each has its character.

export const LEVELS = ["red", "orange", "yellow", "blue"];
export const COLOUR = { red: "#D6343B", orange: "#F08C2E", yellow: "#F2C744", blue: "#2F6FE0" };
/** Smaller is worse; 4 for none. @param {string | null | undefined} level */
export const rank = (level) => { const i = LEVELS.indexOf(level ?? ""); return i < 0 ? 4 : i; };
/** The worst of some levels, or null. @param {Iterable<string | null | undefined>} levels */
export function worst(levels) {
  let best = 4;
  for (const level of levels) best = Math.min(best, rank(level));
  return LEVELS[best] ?? null;
}
