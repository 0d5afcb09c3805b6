// Copies the browser libraries that the lock file pins from node_modules into assets/vendor (ignored by git).
import { cpSync, mkdirSync, rmSync } from "node:fs";

const target = new URL("../assets/vendor/", import.meta.url);
const modules = new URL("../node_modules/", import.meta.url);
const files = {
  "lit-html/lit-html.js": "lit-html.mjs",
  "socket.io-client/dist/socket.io.esm.min.js": "socket.io.mjs",
  "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
  "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
  "@maplibre/maplibre-gl-leaflet/dist/leaflet-maplibre-gl.mjs": "maplibre-gl-leaflet.mjs",
  "@mapbox/vector-tile/index.js": "vector-tile.mjs",
  "@mapbox/point-geometry/index.js": "point-geometry.mjs",
  "pbf/index.js": "pbf.mjs",
};

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [from, to] of Object.entries(files)) cpSync(new URL(from, modules), new URL(to, target));
console.log(`assets/vendor: ${Object.values(files).join(", ")}`);
