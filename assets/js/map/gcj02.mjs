// Amap's tiles are in GCJ-02, the shifted datum of Chinese maps. The layer is moved by the shift at the view's centre, so that
// our WGS-84 points lie where they belong. The formula is the published one; dashboard/geo.py has it with its source.

const AXIS = 6378245.0;
const E2 = 0.00669342162296594323;

/** GCJ-02 degrees of WGS-84 degrees. @param {number} lon @param {number} lat @returns {[number, number]} */
export function toGcj02(lon, lat) {
  const x = lon - 105, y = lat - 35, pi = Math.PI, { sin, sqrt, abs } = Math;
  const root = sqrt(abs(x)), short = ((20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2) / 3;
  let dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short;
  dlat += ((20 * sin(y * pi) + 40 * sin((y / 3) * pi)) * 2) / 3 + ((160 * sin((y / 12) * pi) + 320 * sin((y * pi) / 30)) * 2) / 3;
  let dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short;
  dlon += ((20 * sin(x * pi) + 40 * sin((x / 3) * pi)) * 2) / 3 + ((150 * sin((x / 12) * pi) + 300 * sin((x / 30) * pi)) * 2) / 3;
  const radians = (lat * pi) / 180, magic = 1 - E2 * sin(radians) ** 2;
  return [
    lon + (dlon * 180) / ((AXIS / sqrt(magic)) * Math.cos(radians) * pi),
    lat + (dlat * 180) / (((AXIS * (1 - E2)) / (magic * sqrt(magic))) * pi),
  ];
}

/** Amap's road tiles, shifted. @param {import("leaflet").Map} map */
export function amapLayer(map) {
  const shift = (/** @type {any} */ center) => { const [lng, lat] = toGcj02(center.lng, center.lat); return window.L.latLng(lat, lng); };
  const base = /** @type {any} */ (window.L.TileLayer.prototype);
  const Shifted = window.L.TileLayer.extend({
    _setView(/** @type {any} */ center, /** @type {any[]} */ ...rest) { base._setView.call(this, shift(center), ...rest); },
    _getTiledPixelBounds(/** @type {any} */ center) { return base._getTiledPixelBounds.call(this, shift(center)); },
    _setZoomTransform(/** @type {any} */ level, /** @type {any} */ center, /** @type {any} */ zoom) { base._setZoomTransform.call(this, level, shift(center), zoom); },
  });
  const url = "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}";
  return new /** @type {any} */ (Shifted)(url, { subdomains: "1234", maxZoom: 18, attribution: "高德地图" }).addTo(map);
}
