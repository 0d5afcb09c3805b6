// Video points: clusters far up, small squares near by, hollow when offline; filtered by kind and state at once; a tap shows the camera.
import { get } from "../api.mjs";
import { clusters, drawClusters } from "./clusters.mjs";
import { dots, dotSize } from "./dots.mjs";

export const KINDS = ["road", "river", "school", "key_site", "high_point"];
const ONLINE = 128;
const MOST_SQUARES = 1500;
const REACH = 14;

/** Read `u32 n`, `i32 lon[n]`, `i32 lat[n]`, `u8 flags[n]`; throws on anything else. @param {ArrayBuffer} buffer */
export function unpack(buffer) {
  const n = buffer.byteLength < 4 ? -1 : new DataView(buffer).getUint32(0, true);
  if (buffer.byteLength !== 4 + 9 * n) throw new Error(`video points: ${buffer.byteLength} bytes`);
  return { n, lon: new Int32Array(buffer, 4, n), lat: new Int32Array(buffer, 4 + 4 * n, n), flags: new Uint8Array(buffer, 4 + 8 * n, n) };
}

/** @param {import("leaflet").Map} map */
export function videoLayer(map) {
  let points = unpack(new ArrayBuffer(4));
  let filter = { kind: "", state: "" };
  let seen = /** @type {number[]} */ ([]);

  const wanted = (/** @type {number} */ flags) =>
    (!filter.kind || KINDS[flags & 127] === filter.kind) && (!filter.state || (flags >= ONLINE) === (filter.state === "online"));

  const layer = dots(map, "video", 440, (context, project, zoom) => {
    const { x: width, y: height } = map.getSize();
    seen = [];
    for (let i = 0; i < points.n; i++) {
      if (!wanted(points.flags[i])) continue;
      const [x, y] = project(points.lon[i] / 1e6, points.lat[i] / 1e6);
      if (x > -9 && y > -9 && x < width + 9 && y < height + 9) seen.push(i, x, y);
    }
    if (seen.length / 3 > MOST_SQUARES) {
      drawClusters(context, clusters(seen, map, { shifted: true }), { fill: "rgba(10,20,32,.8)", line: "rgba(201,216,228,.6)", text: "#C9D8E4", square: true });
      return true;
    }
    const side = dotSize() * (zoom >= 14 ? 3.4 : zoom >= 12 ? 2 : 1.3);
    context.lineWidth = Math.max(1, side / 5);
    context.fillStyle = "#0A1420";
    for (const online of [false, true]) {
      context.strokeStyle = online ? "#C9D8E4" : "#7A96AC";
      for (let i = 0; i < seen.length; i += 3) {
        if ((points.flags[seen[i]] >= ONLINE) !== online) continue;
        const x = seen[i + 1] - side / 2, y = seen[i + 2] - side / 2;
        if (zoom >= 12) context.fillRect(x, y, side, side);
        context.strokeRect(x, y, side, side);
      }
    }
    return seen.length > 0;
  });
  layer.toggle(false);
  return {
    ...layer,
    /** @param {string} area @param {AbortSignal} signal */
    async load(area, signal) {
      const answer = await fetch(`/api/v1/areas/${area}/video/packed`, { signal });
      if (!answer.ok) throw new Error((await answer.json()).error.zh);
      points = unpack(await answer.arrayBuffer());
      layer.plan();
    },
    /** @param {{ kind: string, state: string }} chosen empty: all */
    filter(chosen) { filter = chosen; layer.plan(); },
    get filtered() { return filter; },
    get visible() { return layer.visible; },
    /** The place of the camera at a tap, degrees, or null. @param {import("leaflet").Point} at @returns {{ lon: number, lat: number } | null} */
    at(at) {
      if (!layer.visible || seen.length / 3 > MOST_SQUARES) return null;
      let best = -1, nearest = REACH;
      for (let i = 0; i < seen.length; i += 3) {
        const distance = Math.hypot(seen[i + 1] - at.x, seen[i + 2] - at.y);
        if (distance < nearest) [best, nearest] = [seen[i], distance];
      }
      return best < 0 ? null : { lon: points.lon[best] / 1e6, lat: points.lat[best] / 1e6 };
    },
  };
}

/** The camera at a place. @param {{ lon: number, lat: number }} place */
export async function cameraAt({ lon, lat }) {
  const { video } = await get(`/video/nearest?lon=${lon}&lat=${lat}&radius_m=60&limit=1`);
  return video[0];
}
