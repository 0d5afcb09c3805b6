// Micro-grids far up: pictures of their numbers (datasources/number_picture.py), coloured by one look-up for each pixel. No shape is
// drawn, so a whole city costs what its pixels cost, with or without WebGL.
import { palette } from "./theme_colours.mjs";

const SIZE = 512;
/** From this zoom micro-grids are wide enough for an edge between them to be seen. */
const EDGES_FROM_ZOOM = 11;
const EDGE = [55, 89, 122, 0.5];
const HOVERED = 0x99e8b63f; // the accent, as `pixel` writes it
/** More changes than this at once are painted everywhere without looking where they are. */
const MANY = 2000;

/** @typedef {{ numbers: Int32Array, holds: Set<number> | null, context: CanvasRenderingContext2D, edges: boolean }} Tile `holds`: which micro-grids are on it, once somebody has asked */

/**
 * Read a picture's bytes: differences from pixel to pixel. A pixel whose left or upper neighbour has another number is negated: an edge.
 * @param {ArrayBuffer} buffer @returns {Int32Array} throws on anything that is not a picture
 */
export function decodePicture(buffer) {
  if (buffer.byteLength !== SIZE * SIZE * 4) throw new Error(`a picture of micro-grids has ${buffer.byteLength} bytes`);
  const numbers = new Int32Array(buffer);
  for (let row = 0; row < numbers.length; row += SIZE) {
    let number = 0;
    for (let at = row; at < row + SIZE; at++) numbers[at] = number += numbers[at];
  }
  for (let at = numbers.length - 1; at >= 0; at--) {
    const number = numbers[at];
    if (number && ((at % SIZE > 0 && numbers[at - 1] !== number) || (at >= SIZE && numbers[at - SIZE] !== number))) numbers[at] = -number;
  }
  return numbers;
}

/** Colours as pixels by value, first without and then with an edge. @param {string} theme @returns {[Uint32Array, Uint32Array]} */
export function pixelsOf(theme) {
  const plain = palette(theme).map(channels);
  return [new Uint32Array(plain.map(pixel)), new Uint32Array(plain.map((colour) => pixel(over(EDGE, colour))))];
}

/** @param {string} colour `rgba(…)` or `#rrggbbaa` @returns {number[]} red, green, blue 0 to 255, alpha 0 to 1 */
function channels(colour) {
  if (colour.startsWith("#")) {
    const [r, g, b, a] = [1, 3, 5, 7].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    return [r, g, b, a / 255];
  }
  return (colour.match(/[\d.]+/g) ?? []).map(Number);
}

/** One colour laid over another. @param {number[]} top @param {number[]} below */
function over(top, below) {
  const alpha = top[3] + below[3] * (1 - top[3]);
  return [...[0, 1, 2].map((i) => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / alpha), alpha];
}

/** @param {number[]} colour @returns {number} as `ImageData` has it on a little-endian machine */
const pixel = ([r, g, b, a]) => ((Math.round(a * 255) << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;

/**
 * @param {import("leaflet").Map} map @param {import("../live/colours.mjs").Colours} colours @param {(error: unknown) => void} problem
 */
export function farDrawing(map, colours, problem) {
  let pixels = pixelsOf("tickets");
  let told = false, planned = 0, shown = true, loaded = false, drawn = false;
  let numbering = "", hovered = 0;
  /** Passed by new tiles before they are fetched; shut while another place is opened. @type {{ pass: Promise<void>, open: () => void } | null} */
  let gate = null;
  /** Tiles whose colours are out of date; null: all. @type {Set<Tile> | null} */
  let waiting = new Set();
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  /** @type {any} */
  let grid = null;
  const image = new ImageData(SIZE, SIZE);
  const canvas = new Uint32Array(image.data.buffer);

  /** @param {Tile} tile */
  const paint = (tile) => {
    const { numbers, context, edges } = tile;
    const { values, first } = colours, [plain, edged] = pixels, lined = edges ? edged : plain;
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at];
      if (number === 0) canvas[at] = 0;
      else if (number > 0) canvas[at] = plain[Math.min(8, values[number - first] ?? 0)];
      else canvas[at] = lined[Math.min(8, values[-number - first] ?? 0)];
    }
    if (hovered && holds(tile, hovered)) numbers.forEach((number, at) => { if (Math.abs(number) === hovered) canvas[at] = HOVERED; });
    context.putImageData(image, 0, 0);
  };
  const repaint = () => {
    planned = 0;
    for (const tile of waiting ?? tiles.values()) paint(tile);
    waiting = new Set();
    if (drawn || !loaded || colours.numbering !== numbering) return;
    drawn = true;
    requestAnimationFrame(() => performance.mark("drawn:micro_grids"));
  };
  const plan = () => { if (!planned && shown) planned = requestAnimationFrame(repaint); };

  /** @param {import("./micro_grids.mjs").Tiles} info */
  const layerOf = (info) => {
    const Grid = /** @type {any} */ (window.L.GridLayer).extend({
      createTile(/** @type {{ x: number, y: number, z: number }} */ at, /** @type {(error: unknown, tile: HTMLElement) => void} */ done) {
        const canvas = document.createElement("canvas"), away = new AbortController();
        canvas.width = canvas.height = SIZE;
        Object.assign(canvas, { away });
        const url = info.picture_url.replace("{z}", String(at.z - 1)).replace("{x}", String(at.x)).replace("{y}", String(at.y));
        (gate?.pass ?? Promise.resolve()).then(() => fetched(url, away.signal)).then((numbers) => {
          if (!numbers) return;
          const tile = { numbers, holds: null, context: /** @type {any} */ (canvas.getContext("2d")), edges: at.z >= EDGES_FROM_ZOOM };
          tiles.set(keyOf(at), tile);
          paint(tile);
        }).catch((error) => {
          if (away.signal.aborted || told) return;
          told = true;
          problem(error);
        }).finally(() => done(null, canvas));
        return canvas;
      },
    });
    const made = new Grid({
      tileSize: SIZE, pane: "micro-grids", zoomOffset: -1, keepBuffer: 1, updateWhenZooming: false,
      minNativeZoom: info.picture_min_zoom + 1, maxNativeZoom: info.picture_max_zoom + 1, minZoom: 6, maxZoom: 18,
    });
    made.on("tileunload", (/** @type {any} */ event) => {
      event.tile.away.abort();
      tiles.delete(keyOf(event.coords));
    });
    made.once("load", () => { loaded = true; plan(); });
    return made;
  };

  return {
    /** @param {import("./micro_grids.mjs").Tiles} info */
    show(info) {
      grid?.remove();
      tiles.clear();
      loaded = false;
      numbering = info.numbering;
      grid = layerOf(info);
      if (shown) grid.addTo(map);
    },
    /** Wait with new tiles, or go on. @param {boolean} held */
    hold(held) {
      if (held === (gate !== null)) return;
      gate?.open();
      gate = held ? newGate() : null;
    },
    /** @param {Uint32Array | null} changed */
    paint(changed) {
      if (!changed || changed.length > MANY) waiting = null;
      else if (waiting) {
        for (const tile of tiles.values()) if (!waiting.has(tile) && changed.some((number) => holds(tile, number))) waiting.add(tile);
      }
      plan();
    },
    /** @param {string} name */
    theme(name) {
      pixels = pixelsOf(name);
      waiting = null;
      plan();
    },
    /** Mark one; 0: none. @param {number} number */
    hover(number) {
      if (waiting) for (const tile of tiles.values()) if (holds(tile, number) || holds(tile, hovered)) waiting.add(tile);
      hovered = number;
      plan();
    },
    /** Number of the micro-grid at a place, 0 for none. @param {import("leaflet").LatLng} at */
    numberAt(at) {
      const zoom = grid?._tileZoom;
      if (zoom === undefined) return 0;
      const { x, y } = map.project(at, zoom);
      const tile = tiles.get(keyOf({ x: Math.floor(x / SIZE), y: Math.floor(y / SIZE), z: zoom }));
      return tile ? Math.abs(tile.numbers[(Math.floor(y) % SIZE) * SIZE + (Math.floor(x) % SIZE)]) : 0;
    },
    /** @param {boolean} on */
    toggle(on) {
      if (on === shown) return;
      shown = on;
      if (on) { waiting = null; grid?.addTo(map); plan(); }
      else grid?.remove();
    },
  };
}

/** Whether a micro-grid is on a tile. @param {Tile} tile @param {number} number */
function holds(tile, number) {
  tile.holds ??= new Set(tile.numbers.map(Math.abs));
  return number > 0 && tile.holds.has(number);
}

function newGate() {
  let open = () => {};
  const pass = /** @type {Promise<void>} */ (new Promise((resolve) => { open = resolve; }));
  return { pass, open };
}

/** @param {{ x: number, y: number, z: number }} at */
const keyOf = ({ x, y, z }) => `${z}/${x}/${y}`;

/** @param {string} url @param {AbortSignal} signal @returns {Promise<Int32Array | null>} null: no micro-grid lies there */
async function fetched(url, signal) {
  const answer = await fetch(url, { signal });
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return decodePicture(await answer.arrayBuffer());
}
