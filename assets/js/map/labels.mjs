// The words on the map share one room: who was added first takes its place first, the others step aside or are left out.

/** @typedef {{ x: number, y: number, w: number, h: number }} Box pixels, from the upper left */

/** Whether two boxes lie over each other. @param {Box} a @param {Box} b */
export const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
/** Between two words. */
const GAP = 2;

export class Labels {
  /** @param {import("leaflet").Map} map */
  constructor(map) {
    this.map = map;
    /** Where words are, in the layer pixels of the present zoom. @type {Box[]} */
    this.taken = [];
    /** Small marks that a word had better not hide. @type {Box[]} */
    this.spared = [];
    /** @type {(() => void)[]} */
    this.layers = [];
    this.planned = 0;
    map.on("zoomend", () => this.plan());
  }

  /** @param {() => void} layer draws its words, and lets them be settled */
  add(layer) { this.layers.push(layer); }

  /** Place all words again, once before the next frame. */
  plan() { this.planned ||= requestAnimationFrame(() => this.#place()); }

  #place() {
    this.planned = 0;
    this.taken = [];
    this.spared = [];
    for (const layer of this.layers) layer();
  }

  /**
   * Move each label, the first before the others, to a place that is free: of those to the first that hides the fewest marks.
   * @param {[label: HTMLElement, point: [number, number]][]} labels each centred on its point: latitude, longitude
   * @param {[number, number][]} steps where one may be, in its own widths and heights from the point
   * @returns {boolean[]} of each whether there was a place
   */
  settle(labels, steps) {
    // all are measured before the first is moved: the browser lays the page out once
    const sizes = labels.map(([label]) => ({ w: label.offsetWidth + GAP, h: label.offsetHeight + GAP }));
    return labels.map(([label, point], i) => this.#settleOne(label, point, sizes[i], steps));
  }

  /** @param {HTMLElement} label @param {[number, number]} point @param {{ w: number, h: number }} size @param {[number, number][]} steps */
  #settleOne(label, point, { w, h }, steps) {
    const at = this.map.latLngToLayerPoint(point);
    /** @type {{ box: Box, dx: number, dy: number, hides: number } | null} */
    let best = null;
    for (const [right, down] of steps) {
      const dx = right * w, dy = down * h, box = { x: at.x + dx - w / 2, y: at.y + dy - h / 2, w, h };
      if (this.taken.some((other) => meet(box, other))) continue;
      const hides = this.spared.filter((other) => meet(box, other)).length;
      if (!best || hides < best.hides) best = { box, dx, dy, hides };
      if (!best.hides) break;
    }
    if (!best) return false;
    this.taken.push(best.box);
    label.style.left = `${best.dx}px`;
    label.style.top = `${best.dy}px`;
    return true;
  }

  /** Whether a word would lie on another. @param {Box} box container pixels */
  covers({ x, y, w, h }) {
    const at = this.map.containerPointToLayerPoint([x, y]);
    return this.taken.some((other) => meet({ x: at.x, y: at.y, w, h }, other));
  }
}
