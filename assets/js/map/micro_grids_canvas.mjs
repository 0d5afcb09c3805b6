// Micro-grids without WebGL: the same vector tiles, painted on canvas tiles by Leaflet. Slower, and nothing is missing.
import { palette } from "./theme_colours.mjs";
import { tileShapes } from "./tile_shapes.mjs";

const SIZE = 512;
const LINES_FROM_ZOOM = 11;

/**
 * @typedef {{ shapes: import("./tile_shapes.mjs").Shape[], context: CanvasRenderingContext2D, scale: number, left: number, top: number, zoom: number, canvas: HTMLCanvasElement }} Tile
 */

/**
 * @param {import("leaflet").Map} map @param {import("../live/colours.mjs").Colours} colours @param {(error: unknown) => void} problem
 * @param {number} from the least zoom whose tiles are read: hidden far up, it would read a whole city for nothing
 * @returns {import("./micro_grids.mjs").Drawing}
 */
export function canvasDrawing(map, colours, problem, from) {
  let colour = palette("tickets");
  let hovered = 0, told = false, planned = 0;
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  /** @type {any} */
  let grid = null;

  /** @param {Tile} tile */
  const paint = ({ shapes, context, scale, left, top, zoom, canvas }) => {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, -left, -top);
    context.lineWidth = 0.7 / scale;
    context.strokeStyle = "#37597A99";
    for (const { number, path } of shapes) {
      const value = colours.of(number);
      if (value) {
        context.fillStyle = colour[Math.min(8, value)];
        context.fill(path, "evenodd");
      }
      if (zoom >= LINES_FROM_ZOOM) context.stroke(path);
      if (number === hovered) {
        context.save();
        context.lineWidth = 3 / scale;
        context.strokeStyle = "#3FB6E8";
        context.stroke(path);
        context.restore();
      }
    }
  };
  const repaint = () => { planned = 0; for (const tile of tiles.values()) paint(tile); };
  const plan = () => { if (!planned) planned = requestAnimationFrame(repaint); };

  const shapesOf = tileShapes();

  return {
    show(info) {
      grid?.remove();
      tiles.clear();
      const Grid = /** @type {any} */ (window.L.GridLayer).extend({
        createTile(/** @type {{ x: number, y: number, z: number }} */ at, /** @type {(error: unknown, tile: HTMLElement) => void} */ done) {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = SIZE;
          const z = Math.min(at.z - 1, info.max_zoom); // Leaflet counts zooms by tiles of 256 pixels
          const deeper = at.z - 1 - z, parts = 2 ** deeper;
          /** @type {Tile} */
          const tile = { shapes: [], context: /** @type {any} */ (canvas.getContext("2d")), scale: 1, left: (at.x % parts) * SIZE, top: (at.y % parts) * SIZE, zoom: at.z, canvas };
          tiles.set(`${at.z}/${at.x}/${at.y}`, tile);
          shapesOf(info.url.replace("{z}", String(z)).replace("{x}", String(at.x >> deeper)).replace("{y}", String(at.y >> deeper)))
            .then(({ extent, shapes }) => { tile.shapes = shapes; tile.scale = (SIZE * parts) / extent; paint(tile); })
            .catch((error) => { if (!told) { told = true; problem(error); } }).finally(() => done(null, canvas));
          return canvas;
        },
      });
      grid = new Grid({ tileSize: SIZE, pane: "micro-grids", minNativeZoom: info.min_zoom + 1, minZoom: from, maxZoom: 18, zoomOffset: -1, keepBuffer: 1 });
      grid.on("tileunload", (/** @type {any} */ event) => tiles.delete(`${event.coords.z}/${event.coords.x}/${event.coords.y}`));
      grid.addTo(map);
    },
    paint: plan,
    theme(name) { colour = palette(name); plan(); },
    hold() { if (grid) grid.getContainer().style.visibility = "hidden"; },
    slow: false, // tiles are painted one by one as they come: nothing blocks
    async sharpen() {
      if (grid?.isLoading()) await new Promise((resolve) => grid.once("load", resolve));
      if (grid) grid.getContainer().style.visibility = "";
    },
    hover(number) { hovered = number; plan(); },
    numberAt(at) {
      for (const [key, tile] of tiles) {
        const [z, x, y] = key.split("/").map(Number);
        const pixel = map.project(at, z);
        const inside = pixel.subtract([x * SIZE, y * SIZE]);
        if (inside.x < 0 || inside.y < 0 || inside.x >= SIZE || inside.y >= SIZE) continue;
        tile.context.setTransform(1, 0, 0, 1, 0, 0);
        const hit = tile.shapes.find(({ path }) => tile.context.isPointInPath(path, (inside.x + tile.left) / tile.scale, (inside.y + tile.top) / tile.scale, "evenodd"));
        if (hit) return hit.number;
      }
      return 0;
    },
  };
}
