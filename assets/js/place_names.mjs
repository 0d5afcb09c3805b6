// Names of places that are not on the map: asked for once, and drawn when they are known.
import { get } from "./api.mjs";

/** @param {() => void} known called when a name has come */
export function placeNames(known) {
  /** @type {Map<string, string>} */
  const names = new Map();
  /** Short: not deeper than the community. @param {string} code */
  const nameOf = (code) => {
    const place = code.slice(0, 12), name = names.get(place);
    if (name !== undefined) return name;
    names.set(place, "…");
    get(`/areas/${place}`).then(({ area }) => { names.set(place, area.name); known(); }).catch(() => names.delete(place));
    return "…";
  };
  /** Areas have been imported: each may be called otherwise now. */
  return Object.assign(nameOf, { forget: () => names.clear() });
}
