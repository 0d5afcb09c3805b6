// The areas of the drill-down: shapes, colours by theme, hatching by warning, names that never overlap.
import { COLOUR } from "../levels.mjs";
import { children, warningOf } from "../summary.mjs";
import { say } from "../text.mjs";

/** A name stands on the middle of its area, or a little above or below it, where something more urgent is. @type {[number, number][]} */
const STEPS = [[0, 0], [0, -0.8], [0, 0.8], [0, -1.6], [0, 1.6], [0, -2.4], [0, 2.4], [-0.8, 0], [0.8, 0]];
const THEMES = /** @type {const} */ (["tickets", "on_duty", "unanswered", "warnings"]);

export class AreaLayer {
  /**
   * @param {import("leaflet").Map} map @param {import("../live/picture.mjs").Picture} picture
   * @param {import("./labels.mjs").Labels} room
   * @param {(code: string) => void} enter called when an area is tapped
   */
  constructor(map, picture, room, enter) {
    this.map = map;
    this.room = room;
    this.picture = picture;
    this.enter = enter;
    this.theme = /** @type {typeof THEMES[number]} */ ("tickets");
    this.visible = true;
    /** @type {Map<string, string | null>} */
    this.warnings = new Map();
    this.most = 1;
    this.leaf = false;
    this.hatching = true;
    /** Whether areas carry the theme's colour: not where their micro-grids do. */
    this.fill = true;
    /** What a tap hits before the area below it. @type {(at: import("leaflet").Point) => boolean} */
    this.pick = () => false;
    /** @type {import("leaflet").GeoJSON | null} */
    this.shapes = null;
    /** @type {Map<string, { name: string, lat: number, lon: number }>} */
    this.names = new Map();
    this.labels = window.L.layerGroup().addTo(map);
    map.createPane("areas").style.zIndex = "390";
    map.createPane("names").style.zIndex = "640";
    map.getPane("names")?.setAttribute("aria-hidden", "true");
    this.renderer = window.L.svg({ pane: "areas", padding: 0.1 });
    picture.listen((touched) => {
      if (["figures", "warnings", "tickets"].some((layer) => touched.has(layer))) this.paint();
    });
  }

  /** Show these shapes: children, then the area itself. @param {import("geojson").FeatureCollection} collection */
  show(collection) {
    this.shapes?.remove();
    this.#look();
    const own = collection.features.at(-1)?.id;
    /** Nothing below: the area is shown among its neighbours. */
    this.leaf = !collection.features.some((feature) => String(feature.id).length > String(own).length);
    this.names.clear();
    this.shapes = window.L.geoJSON(collection, {
      style: (feature) => this.#style(feature, String(own)),
      ...{ renderer: this.renderer, pane: "areas" },
      onEachFeature: (feature, layer) => {
        const code = String(feature.id);
        if (code === own) return;
        layer.on("click", (event) => {
          window.L.DomEvent.stopPropagation(event);
          if (!this.pick(/** @type {import("leaflet").LeafletMouseEvent} */ (event).containerPoint)) this.enter(code);
        });
        layer.on("mouseover", () => {
          if (!this.map.getContainer().classList.contains("drawing")) /** @type {any} */ (layer).setStyle({ weight: 3, color: "#3FB6E8" });
        });
        layer.on("mouseout", () => /** @type {any} */ (layer).setStyle(this.#style(feature, String(own))));
      },
    });
    for (const { id, properties } of collection.features) {
      if (properties && id !== own) this.names.set(String(id), { name: properties.name, lat: properties.lat, lon: properties.lon });
    }
    if (this.visible) this.shapes.addTo(this.map);
    this.#hatch();
    this.room.plan();
  }

  /** @param {string} theme */
  colour(theme) {
    this.theme = /** @type {typeof THEMES[number]} */ (theme);
    this.paint();
  }

  /** Hatch the areas under warning, or not. @param {boolean} shown */
  showWarnings(shown) {
    this.hatching = shown;
    this.paint();
  }

  /** Colour the areas themselves, or leave that to the micro-grids. @param {boolean} fill */
  filled(fill) {
    if (this.fill === fill) return;
    this.fill = fill;
    this.paint();
  }

  /** @param {boolean} visible */
  toggle(visible) {
    this.visible = visible;
    if (!this.shapes) return;
    if (visible) this.shapes.addTo(this.map);
    else this.shapes.remove();
    this.room.plan();
  }

  /** Colour the areas as the picture has them now. */
  paint() {
    const own = this.picture.area;
    this.#look();
    this.shapes?.eachLayer((layer) => {
      const feature = /** @type {any} */ (layer).feature;
      /** @type {any} */ (layer).setStyle(this.#style(feature, own));
    });
    this.room.plan();
  }

  /** @param {any} feature @param {string} own */
  #style(feature, own) {
    const code = String(feature?.id);
    if (code === own) {
      const line = this.leaf ? { color: "#E6EEF5", weight: 4 } : { color: "#37597A", weight: 2.5 };
      return { ...line, fill: this.leaf, fillColor: "#E6EEF5", fillOpacity: 0.12, interactive: false };
    }
    const generated = feature.properties.boundary_source === "generated";
    const base = { color: generated ? "#1F3B55" : "#37597A", weight: generated ? 1 : 1.5, dashArray: generated ? "5 4" : undefined };
    const warning = this.hatching ? this.warnings.get(code) : null;
    if (warning) return { ...base, dashArray: undefined, color: COLOUR[/** @type {keyof typeof COLOUR} */ (warning)], weight: 3, fillColor: `url(#hatch-${warning})`, fillOpacity: 0.75 };
    return { ...base, fillColor: "#3FB6E8", fillOpacity: this.fill ? 0.05 + (0.3 * this.#value(code)) / this.most : 0.01 };
  }

  /** Read the picture once for all shapes: the worst warning of each, and the most of the theme's figure. */
  #look() {
    const list = children(this.picture);
    this.warnings = new Map(list.map((child) => [child.code, this.theme === "warnings" ? warningOf(this.picture, child.code) : child.warning]));
    this.most = Math.max(1, ...list.map((child) => this.#value(child.code)));
  }

  /** @param {string} code */
  #value(code) {
    return this.theme === "warnings" ? 0 : this.picture.layers.figures.get(code)?.[this.theme] ?? 0;
  }

  /** Diagonal stripes for each level, so that a warning does not rest on colour alone. */
  #hatch() {
    const svg = /** @type {any} */ (this.renderer)._container;
    if (!svg || svg.querySelector("defs")) return;
    const patterns = Object.entries(COLOUR).map(([level, colour]) =>
      `<pattern id="hatch-${level}" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
         <rect width="10" height="10" fill="${colour}" fill-opacity=".18"/><rect width="4" height="10" fill="${colour}" fill-opacity=".55"/></pattern>`).join("");
    svg.insertAdjacentHTML("afterbegin", `<defs>${patterns}</defs>`);
  }

  /** Names, with a badge where there are tickets or a warning. The worst is placed first; what would overlap is left out. */
  label() {
    this.labels.clearLayers();
    if (!this.visible) return;
    const unknown = [...this.names.keys()].filter((code) => !this.picture.layers.figures.has(code))
      .map((code) => ({ code, warning: null, tickets: 0 }));
    /** @type {[HTMLElement, [number, number]][]} */
    const made = [];
    /** @type {import("leaflet").Marker[]} */
    const markers = [];
    for (const child of [...children(this.picture), ...unknown]) {
      const known = this.names.get(child.code);
      if (!known) continue;
      const head = document.createElement("div");
      head.className = "area-label";
      if (child.warning || child.tickets) {
        const mark = head.appendChild(document.createElement("b"));
        mark.className = `badge ${child.warning ?? "plain"}`;
        mark.textContent = [child.warning ? say(`level.${child.warning}`) : "", child.tickets || ""].filter(Boolean).join(" ");
      }
      head.appendChild(document.createElement("span")).textContent = known.name;
      const icon = window.L.divIcon({ className: "area-label-at", html: head, iconSize: [0, 0] });
      const marker = window.L.marker([known.lat, known.lon], { icon, interactive: false, keyboard: false, pane: "names" });
      markers.push(marker.addTo(this.labels));
      made.push([head, [known.lat, known.lon]]);
    }
    this.room.settle(made, STEPS).forEach((placed, i) => { if (!placed) markers[i].remove(); });
  }
}
