// Many points as few: by cells of a grid that is fixed to the ground, so that nothing jumps when the map is moved.

/**
 * @typedef {{ x: number, y: number, count: number, one: number }} Cluster `one`: the key of a member
 */

/** Size of a cell on the screen. */
const cellSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 4.6;

/**
 * Clusters of points in view. @param {number[]} seen key, x, y of each, container pixels @param {import("leaflet").Map} map
 * @param {{ order?: (key: number) => number, shifted?: boolean }} [how] the member with the smallest order stands for the cluster;
 *   shifted by half a cell, so that two layers do not lie on each other @returns {Cluster[]}
 */
export function clusters(seen, map, { order, shifted = false } = {}) {
  const origin = map.getPixelBounds().min ?? { x: 0, y: 0 };
  const cell = cellSize(), shift = shifted ? cell / 2 : 0;
  return gathered(seen, cell, origin.x + shift, origin.y + shift, order);
}

/** @param {number[]} seen @param {number} cell @param {number} originX @param {number} originY @param {(key: number) => number} [order] @returns {Cluster[]} */
export function gathered(seen, cell, originX, originY, order) {
  /** @type {Map<number, Cluster>} */
  const cells = new Map();
  for (let i = 0; i < seen.length; i += 3) {
    const x = seen[i + 1], y = seen[i + 2];
    const key = Math.floor((x + originX) / cell) * 2097152 + Math.floor((y + originY) / cell);
    const known = cells.get(key);
    if (known) {
      known.x += x;
      known.y += y;
      known.count += 1;
      if (order && order(seen[i]) < order(known.one)) known.one = seen[i];
    } else cells.set(key, { x, y, count: 1, one: seen[i] });
  }
  const found = [...cells.values()];
  for (const one of found) {
    one.x /= one.count;
    one.y /= one.count;
  }
  return found;
}

/** 1,234 → 1234; 12,345 → 1.2万. @param {number} n */
const short = (n) => (n < 10_000 ? String(n) : document.documentElement.lang === "en" ? `${Math.round(n / 1000)}k` : `${(n / 10_000).toFixed(1)}万`);

/** @param {CanvasRenderingContext2D} context @param {Cluster[]} list @param {{ fill: string, line: string, text: string, square?: boolean }} look */
export function drawClusters(context, list, look) {
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8;
  const radius = (/** @type {number} */ count) => size * (0.55 + 0.28 * Math.log10(count + 1));
  context.fillStyle = look.fill;
  context.strokeStyle = look.line;
  context.lineWidth = Math.max(1, size / 12);
  context.beginPath();
  for (const { x, y, count } of list) {
    const r = radius(count);
    if (look.square) context.roundRect(x - r, y - r * 0.75, 2 * r, 1.5 * r, r / 4);
    else {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 7);
    }
  }
  context.fill();
  context.stroke();
  context.font = `600 ${size}px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = look.text;
  for (const { x, y, count } of list) if (count > 1) context.fillText(short(count), x, y);
  context.textAlign = "start";
}
