// The micro-grids of the whole city. Far up as pictures of their numbers; nearer, where corners can be told, as shapes from vector tiles,
// drawn by WebGL where there is one and on a canvas otherwise. All have the same colours, and a tap on any enters.
import { get } from "../api.mjs";
import { farDrawing } from "./micro_grids_far.mjs";
import { mayHaveWebGL } from "./webgl.mjs";

/** Words as they are: Leaflet would take them for HTML, and names come from files. @param {string} words */
function plain(words) {
  const span = document.createElement("span");
  span.textContent = words;
  return span;
}

/** From this zoom a micro-grid is large enough to be meant by a tap. */
const TAP_FROM_ZOOM = 12.5;
/** From this zoom it is drawn as a shape. */
const SHAPES_FROM_ZOOM = 13.5;
/** Whoever drills down goes on sooner than this. */
const SHARPEN_AFTER_MS = 1500;

/**
 * @typedef {{ version: string, numbering: string, url: string, picture_url: string, min_zoom: number, max_zoom: number, picture_min_zoom: number, picture_max_zoom: number, first: number, last: number }} Tiles
 * @typedef {{ show: (tiles: Tiles) => void, paint: (changed: Uint32Array | null) => void, theme: (theme: string) => void, hold: () => void,
 *   sharpen: () => Promise<void>, slow: boolean, hover: (number: number) => void, numberAt: (at: import("leaflet").LatLng) => number }} Drawing how shapes are drawn.
 *   `hold` hides them and stops drawing; `sharpen` draws them for the present view and ends when they are to be seen; `slow`: whether that takes long here
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
    this.theme = "tickets";
    /** @type {Tiles | null} */
    this.tiles = null;
    map.createPane("micro-grids").style.zIndex = "380";
    this.far = farDrawing(map, colours, with_.problem);
    /** @type {Promise<Drawing> | null} */
    this.making = null;
    /** @type {Drawing | null} */
    this.near = null;
    /** Version of the tiles that `near` shows. */
    this.nearVersion = "";
    this.visible = true;
    this.held = false;
    /** Whether the shapes are to be seen. */
    this.sharp = false;
    /** Counts what was asked to be drawn: an answer to an older question changes nothing. */
    this.turn = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.sharpening = undefined;
    this.hovered = 0;
    this.tip = window.L.tooltip({ direction: "top", className: "micro-grid-tip", opacity: 1 });
    colours.listen((changed) => this.#paint(changed));
    map.on("mousemove", (event) => this.#move(event));
    map.on("mouseout movestart", () => this.#leave());
    map.on("zoomend", () => this.#choose());
  }

  /** Ask where the tiles are and draw them; again when new ones were built. */
  async load() {
    const { tiles } = await get("/tiles");
    if (!tiles || tiles.version === this.tiles?.version) return Boolean(tiles);
    this.tiles = tiles;
    this.far.show(tiles);
    this.#choose();
    this.#paint(null);
    return true;
  }

  /** Make ready what draws shapes, when there is nothing else to do: the first drill-down is then not the one that waits for it. */
  async prepare() {
    this.making ??= this.#make();
    try {
      this.near = await this.making;
    } catch (error) {
      this.making = null; // the network was cut: the next time it is tried again
      throw error;
    }
  }

  /** @returns {Promise<Drawing>} */
  async #make() {
    if (this.webgl) {
      const { glDrawing } = await import("./micro_grids_gl.mjs");
      try {
        return await glDrawing(this.map, this.colours, this.with.problem, SHAPES_FROM_ZOOM);
      } catch (error) {
        this.webgl = false; // it was promised and is not there: a driver that gave up
        console.warn("WebGL could not be started, drawing on a canvas", error);
      }
    }
    const { canvasDrawing } = await import("./micro_grids_canvas.mjs");
    return canvasDrawing(this.map, this.colours, this.with.problem, Math.floor(SHAPES_FROM_ZOOM));
  }

  /** Whether shapes are to be seen, not pictures. */
  get #close() {
    return this.map.getZoom() >= SHAPES_FROM_ZOOM;
  }

  /** What is to be seen: the shapes, or the picture. */
  get #seen() {
    return this.sharp && this.near ? this.near : this.far;
  }

  /** Show what this zoom is drawn by. The picture stays until the shapes are there. */
  async #choose() {
    if (!this.tiles) return;
    if (!this.visible || !this.#close) {
      this.sharp = false;
      this.far.toggle(this.visible);
      this.near?.hold();
      return;
    }
    try {
      await this.prepare();
    } catch (error) {
      this.with.problem(error);
      return;
    }
    const { near, tiles } = this;
    if (!near || !tiles || !this.visible || !this.#close) return;
    if (this.nearVersion !== tiles.version) {
      this.nearVersion = tiles.version;
      near.theme(this.theme);
      near.show(tiles);
    }
    if (!this.held) await this.#sharpen();
  }

  /** From the picture to the shapes. */
  async #sharpen() {
    const { near } = this, turn = ++this.turn;
    if (!near || !this.nearVersion) return;
    if (this.#fits()) near.paint(null); // what changed while it was not to be seen
    await near.sharpen();
    requestAnimationFrame(() => performance.mark("drawn:micro_grids"));
    if (turn !== this.turn || !this.visible || !this.#close) return;
    this.sharp = true;
    this.far.toggle(false);
  }

  /** Whether the colours are of the numbering of these tiles. */
  #fits() {
    return this.tiles !== null && this.colours.numbering === this.tiles.numbering;
  }

  /** @param {Uint32Array | null} changed */
  #paint(changed) {
    if (!this.#fits()) return;
    this.far.paint(changed);
    if (this.sharp) this.near?.paint(changed);
  }

  /** @param {string} theme */
  colour(theme) {
    this.theme = theme;
    this.far.theme(theme);
    this.near?.theme(theme);
  }

  /** @param {boolean} on */
  toggle(on) {
    this.visible = on;
    this.#choose();
    this.#leave();
  }

  /**
   * Wait with drawing while another place is opened: its panel and its areas come first. Then the picture is shown, and where drawing shapes
   * takes long they follow when nobody goes on to the next place. @param {boolean} held
   */
  hold(held) {
    this.held = held;
    clearTimeout(this.sharpening);
    this.turn++;
    if (held) {
      this.sharp = false;
      this.near?.hold();
      this.far.toggle(this.visible);
    } else if (this.#close && this.visible) this.sharpening = setTimeout(() => this.#sharpen(), this.near?.slow ? SHARPEN_AFTER_MS : 0);
    this.far.hold(held);
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
    if (!this.drawn || this.map.getZoom() < TAP_FROM_ZOOM) return 0;
    return this.#seen.numberAt(at);
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
    this.#seen.hover(number);
    clearTimeout(this.waiting);
    // who only passes over asks for nothing
    this.waiting = setTimeout(async () => {
      try {
        const { place } = await get(`/micro-grids/${number}`);
        if (this.hovered === number) this.tip.setContent(plain(this.with.describe(place, this.colours.of(number)))).setLatLng(event.latlng).addTo(this.map);
      } catch (error) {
        this.with.problem(error);
      }
    }, 150);
  }

  #leave() {
    if (!this.hovered) return;
    this.hovered = 0;
    this.near?.hover(0);
    this.far.hover(0);
    this.tip.remove();
  }
}
