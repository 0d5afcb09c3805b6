// The shapes of a vector tile as paths for a canvas, kept for a while: enlarged, one tile serves for many.
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const KEPT = 60;

/** @typedef {{ number: number, path: Path2D }} Shape */

/** A function that fetches and reads a tile, or remembers it. */
export function tileShapes() {
  /** @type {Map<string, Promise<{ extent: number, shapes: Shape[] }>>} */
  const fetched = new Map();
  return (/** @type {string} */ url) => {
    let found = fetched.get(url);
    if (!found) {
      found = load(url);
      fetched.set(url, found);
      found.catch(() => fetched.delete(url));
      if (fetched.size > KEPT) fetched.delete(/** @type {string} */ (fetched.keys().next().value));
    }
    return found;
  };
}

/** @param {string} url @returns {Promise<{ extent: number, shapes: Shape[] }>} */
async function load(url) {
  const answer = await fetch(url);
  /** @type {Shape[]} */
  const shapes = [];
  if (answer.status === 204) return { extent: 4096, shapes };
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const layer = new VectorTile(new PbfReader(new Uint8Array(await answer.arrayBuffer()))).layers.micro_grids;
  for (let i = 0; i < layer.length; i++) {
    const feature = layer.feature(i), path = new Path2D();
    for (const ring of feature.loadGeometry()) {
      ring.forEach((point, k) => (k ? path.lineTo(point.x, point.y) : path.moveTo(point.x, point.y)));
      path.closePath();
    }
    shapes.push({ number: Number(feature.id), path });
  }
  return { extent: layer.extent, shapes };
}
