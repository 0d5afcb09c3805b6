// Leaflet for libraries that import it: dash-leaflet brings the one that the map is made with.
export default window.L;
