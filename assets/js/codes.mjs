// Area codes in the browser: the prefix is the ancestry. The server's rules are in dashboard/codes.py.

const LEVELS = ["city", "district", "street", "community", "grid", "micro_grid"];
const LENGTHS = [4, 6, 9, 12, 15, 18];

/** @param {string} code */
export const levelOf = (code) => LEVELS[LENGTHS.indexOf(code.length)] ?? "";
/** The level below, or empty. @param {string} code */
export const levelBelow = (code) => LEVELS[LENGTHS.indexOf(code.length) + 1] ?? "";
/** Whether people and deliveries are listed one by one. @param {string} code */
export const isDetail = (code) => code.length >= 12;
/** The child of `code` that is or contains `deep`; null when there is none. @param {string} code @param {string} deep */
export function childTowards(code, deep) {
  const next = LENGTHS[LENGTHS.indexOf(code.length) + 1];
  return next !== undefined && deep.length >= next && deep.startsWith(code) ? deep.slice(0, next) : null;
}
/** @param {string} one @param {string} other */
export const related = (one, other) => one.startsWith(other) || other.startsWith(one);
