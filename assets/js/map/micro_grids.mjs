// The micro-grids of the whole city: drawn by WebGL where there is one, on a canvas otherwise. Both read the same tiles and colours.
import { get } from "../api.mjs";
import { mayHaveWebGL } from "./webgl.mjs";

/** From this zoom a micro-grid is large enough to be meant by a tap. */
export const TAP_FROM_ZOOM = 12.5;

/**
 * @typedef {{ version: string, numbering: string, url: string, min_zoom: number, max_zoom: number, first: number, last: number }} Tiles
 * @typedef {{ show: (tiles: Tiles) => void, paint: (changed: Uint32Array | null) => void, theme: (theme: string) => void, toggle: (on: boolean) => void, hold: (held: boolean) => void,
 *   hover: (number: number) => void, numberAt: (at: import("leaflet").LatLng) => number }} Drawing
 */

export class MicroGridLayer {
  /**
   * @param {import("leaflet").Map} map @param {import("../live/colours.mjs").Colours} colours
   * @param {{ enter: (code: string) => void, describe: (name: string, value: number) => string, problem: (error: unknown) => void }} with_
   */
  constructor(map, colours, with_) {
    this.map = map;
    this.colours = colours;
    this.with = with_;
    this.webgl = mayHaveWebGL();
    /** @type {Tiles | null} */
    this.tiles = null;
    /** @type {Drawing | null} */
    this.drawing = null;
    this.visible = true;
    this.hovered = 0;
    this.tip = window.L.tooltip({ direction: "top", className: "micro-grid-tip", opacity: 1 });
    map.createPane("micro-grids").style.zIndex = "380";
    colours.listen((changed) => this.#fits() && this.drawing?.paint(changed));
    map.on("mousemove", (event) => this.#move(event));
    map.on("mouseout movestart", () => this.#leave());
  }

  /** Ask where the tiles are and draw them; again when new ones were built. */
  async load() {
    const { tiles } = await get("/tiles");
    if (!tiles || tiles.version === this.tiles?.version) return Boolean(tiles);
    this.drawing ??= await this.#draw();
    this.tiles = tiles;
    this.drawing.show(tiles);
    this.drawing.toggle(this.visible);
    if (this.#fits()) this.drawing.paint(null);
    return true;
  }

  /** @returns {Promise<Drawing>} */
  async #draw() {
    if (this.webgl) {
      try {
        const { glDrawing } = await import("./micro_grids_gl.mjs");
        return await glDrawing(this.map, this.colours, this.with.problem);
      } catch (error) {
        this.webgl = false; // it was promised and is not there: a driver that gave up
        console.warn("WebGL could not be started, drawing on a canvas", error);
      }
    }
    const { canvasDrawing } = await import("./micro_grids_canvas.mjs");
    return canvasDrawing(this.map, this.colours, this.with.problem);
  }

  #fits() {
    return this.tiles !== null && this.colours.numbering === this.tiles.numbering;
  }

  /** @param {string} theme */
  colour(theme) {
    this.drawing?.theme(theme);
  }

  /** @param {boolean} on */
  toggle(on) {
    this.visible = on;
    this.drawing?.toggle(on);
    this.#leave();
  }

  /** Wait with drawing while another place is opened: its panel and its areas come first. @param {boolean} held */
  hold(held) {
    this.drawing?.hold(held);
  }

  get drawn() {
    return this.visible && this.tiles !== null;
  }

  /** Enter the micro-grid at a tap; false when none is large enough to be meant. @param {import("leaflet").LatLng} at */
  tap(at) {
    const number = this.#numberAt(at);
    if (!number) return false;
    get(`/micro-grids/${number}`).then(({ area }) => this.with.enter(area.code)).catch(this.with.problem);
    return true;
  }

  /** @param {import("leaflet").LatLng} at */
  #numberAt(at) {
    return this.drawn && this.map.getZoom() >= TAP_FROM_ZOOM ? this.drawing?.numberAt(at) ?? 0 : 0;
  }

  /** @param {import("leaflet").LeafletMouseEvent} event */
  #move(event) {
    const number = this.#numberAt(event.latlng);
    if (number === this.hovered) {
      this.tip.setLatLng(event.latlng);
      return;
    }
    this.#leave();
    if (!number) return;
    this.hovered = number;
    this.drawing?.hover(number);
    clearTimeout(this.waiting);
    // who only passes over asks for nothing
    this.waiting = setTimeout(async () => {
      try {
        const { place } = await get(`/micro-grids/${number}`);
        if (this.hovered === number) this.tip.setContent(this.with.describe(place, this.colours.of(number))).setLatLng(event.latlng).addTo(this.map);
      } catch (error) {
        this.with.problem(error);
      }
    }, 150);
  }

  #leave() {
    if (!this.hovered) return;
    this.hovered = 0;
    this.drawing?.hover(0);
    this.tip.remove();
  }
}
