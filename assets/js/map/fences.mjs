// Geofences on the map: a dashed outline and a name. Few, so plain shapes do.

/** Leaflet takes text for HTML: a name that somebody typed goes in as text. @param {string} name */
function textOf(name) {
  const span = document.createElement("span");
  span.textContent = name;
  return span;
}

/** @param {import("leaflet").Map} map */
export function fenceLayer(map) {
  const group = window.L.layerGroup().addTo(map);
  return {
    /** @param {{ name: string, outline: import("geojson").Geometry }[]} fences */
    show(fences) {
      group.clearLayers();
      for (const { name, outline } of fences) {
        const shape = window.L.geoJSON(/** @type {any} */ (outline), { style: { color: "#8FD3F4", weight: 2.5, dashArray: "2 6", fillOpacity: 0.06, interactive: false } }).addTo(group);
        const bounds = shape.getBounds(); // the name hangs from the upper edge, which is always in view
        window.L.tooltip({ permanent: true, direction: "bottom", className: "fence-name" }).setContent(textOf(name)).setLatLng([bounds.getNorth(), bounds.getCenter().lng]).addTo(group);
      }
    },
  };
}
