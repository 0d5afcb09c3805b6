// The one socket of a screen: opens areas and orders, feeds the stores, asks for what it missed. Draws nothing.
import { io } from "socket.io-client";

import { OVER } from "../api.mjs";
import { comesBack } from "../coming_back.mjs";
import { decode } from "./frames.mjs";

/** @typedef {import("./picture.mjs").Picture} Picture */
/** @typedef {import("./frames.mjs").People} People */
/** @typedef {import("./colours.mjs").Colours} Colours */
/** @typedef {{ code: string, zh: string, en: string }} Problem */

export class Connection extends EventTarget {
  /** @param {Picture} picture @param {People} people @param {Colours} colours */
  constructor(picture, people, colours) {
    super();
    this.picture = picture;
    this.people = people;
    this.colours = colours;
    /** What the micro-grids are coloured by; null: not at all. @type {string | null} */
    this.theme = null;
    /** What this screen tells the server about itself. @type {() => Record<string, unknown>} */
    this.self = () => ({});
    this.told = "";
    /** Whether the socket is up. */
    this.connected = false;
    /** Local time of the last message, milliseconds. */
    this.heardAt = 0;
    /** Difference to the server's clock, milliseconds. */
    this.ahead = 0;
    this.wanted = "";
    /** @type {string | null} */
    this.order = null;
    /** The area that was asked for and has not answered; its patches wait. @type {string | null} */
    this.opening = null;
    /** @type {any[]} */
    this.waiting = [];
    /** Whether this sign-in has ended. */
    this.over = false;
    /** What waits at the desk; null: not asked for. @type {import("./desk.mjs").DeskQueue | null} */
    this.desk = null;
    /** Whether its list has come over this connection; items that come before it wait. */
    this.listed = false;
    /** @type {any[]} */
    this.early = [];
    this.socket = io({ transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 3000 });
    this.socket.on("connect", () => this.#up());
    this.socket.on("disconnect", () => this.#down());
    comesBack(this.socket, () => this.over);
    this.socket.on("connect_error", (error) => this.#refused(/** @type {any} */ (error).data ?? null));
    this.socket.on("refused", (message) => this.#refused(message.error));
    this.socket.on("beat", (beat) => this.#beat(beat));
    this.socket.on("patch", (patch) => this.#patch(patch));
    this.socket.on("frame", (area, buffer) => this.#frame(area, buffer));
    this.socket.on("colours", (area, numbering, buffer) => this.#colours(area, numbering, buffer));
    this.socket.on("desk", (message) => { if (this.desk && this.listed) this.desk.apply(message); else this.early.push(message); });
    this.socket.on("tiles", () => this.dispatchEvent(new Event("tiles")));
    this.socket.on("troubles", (list) => this.dispatchEvent(new CustomEvent("troubles", { detail: list })));
    this.socket.on("message", (message) => this.dispatchEvent(new CustomEvent("message", { detail: message })));
    this.socket.on("deliveries", (list) => this.#deliveries(list));
    this.socket.on("reopen", () => { this.picture.seq = -1; this.open(this.wanted); this.dispatchEvent(new Event("imported")); });
  }

  /** The server's present time. */
  now() {
    return Date.now() + this.ahead;
  }

  /** Show this area: a snapshot, or what was missed of it. @param {string} area */
  open(area) {
    this.wanted = area;
    if (!this.connected) return;
    this.opening = area;
    this.waiting = [];
    const known = this.picture.area === area && this.picture.seq >= 0;
    this.socket.emit("open", known ? { area, since: this.picture.seq } : { area }, async (/** @type {any} */ answer) => this.#opened(area, answer.packed ? await unpacked(answer.packed) : answer));
  }

  /** Colour the micro-grids by this; null: not at all. @param {string | null} theme */
  colour(theme) {
    this.theme = theme;
    if (theme === null) this.colours.clear();
    if (this.connected && this.opening === null && this.wanted) this.socket.emit("colours", { theme });
  }

  /** Tell the server what this screen is, and what it could not read. @param {string} [unread] */
  report(unread = "") {
    if (unread && unread === this.told) return;
    this.told = unread || this.told;
    if (this.connected) this.socket.emit("screen", { ...this.self(), unread });
  }

  /** List the deliveries of an order; null: none. @param {string | null} order */
  openOrder(order) {
    this.order = order;
    if (this.connected) this.socket.emit("open_order", { order }, (/** @type {any} */ answer) => this.#deliveries(answer));
  }

  /** @param {string} area @param {any} answer */
  #opened(area, answer) {
    if (this.opening !== area || this.wanted !== area) return;
    this.opening = null;
    this.#heard();
    if (answer.error) {
      this.dispatchEvent(new CustomEvent("problem", { detail: answer.error }));
      return;
    }
    if (answer.kind === "snapshot") this.picture.reset(answer);
    else this.picture.apply(answer);
    for (const patch of this.waiting) this.picture.apply(patch);
    this.waiting = [];
    if (this.theme !== null) this.colour(this.theme);
    this.dispatchEvent(new Event("opened"));
  }

  #up() {
    this.connected = true;
    this.#heard();
    this.dispatchEvent(new Event("up"));
    this.report();
    if (this.wanted) this.open(this.wanted);
    if (this.order) this.openOrder(this.order);
    this.#askDesk();
  }

  /** Follow what waits at the desk. @param {import("./desk.mjs").DeskQueue} queue */
  follow(queue) {
    this.desk = queue;
    if (this.connected) this.#askDesk();
  }

  #askDesk() {
    if (!this.desk) return;
    this.listed = false;
    this.early = [];
    this.socket.emit("desk", {}, (/** @type {any} */ answer) => {
      if (answer.error || !this.desk) return;
      this.desk.reset(answer);
      this.listed = true;
      for (const message of this.early) this.desk.apply(message);
      this.early = [];
    });
  }

  #down() {
    this.connected = false;
    this.opening = null;
    this.dispatchEvent(new Event("down"));
  }

  /** @param {Problem | null} problem */
  #refused(problem) {
    this.connected = false;
    this.dispatchEvent(new Event("down"));
    if (problem && OVER.includes(problem.code)) {
      this.over = true;
      this.socket.disconnect();
      this.dispatchEvent(new CustomEvent("signed-out", { detail: problem }));
    }
  }

  /** @param {{ seq: number, at: string }} beat */
  #beat(beat) {
    this.ahead = Date.parse(beat.at) - Date.now();
    this.#heard();
    if (this.opening === null) this.picture.reached(beat.seq);
  }

  /** @param {any} patch */
  #patch(patch) {
    this.#heard();
    if (this.opening === patch.area) this.waiting.push(patch);
    else this.picture.apply(patch);
  }

  /** @param {string} area @param {ArrayBuffer} buffer */
  #frame(area, buffer) {
    this.#heard();
    // Frames are of the area or, in a small place, of its community. Stragglers of a larger area that was just left arrive before the
    // full frame that opens the new one, which clears them.
    if (this.wanted.startsWith(area)) this.#read(() => this.people.apply(decode(buffer)));
  }

  /** @param {string} area @param {string} numbering @param {ArrayBuffer} buffer */
  #colours(area, numbering, buffer) {
    this.#heard();
    if (this.wanted === area && this.theme !== null) this.#read(() => this.colours.apply(numbering, buffer));
  }

  /** One frame that cannot be read must not stop the screen: it is reported, the next full one sets things right. @param {() => void} take */
  #read(take) {
    try {
      take();
    } catch (error) {
      this.report(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {any} list */
  #deliveries(list) {
    this.#heard();
    if (list.error) {
      this.dispatchEvent(new CustomEvent("problem", { detail: list.error }));
      this.dispatchEvent(new Event("order-refused"));
    } else this.dispatchEvent(new CustomEvent("deliveries", { detail: list.order ? list : null }));
  }

  #heard() {
    this.heardAt = Date.now();
  }
}

/** A large answer travels as zlib's format. @param {ArrayBuffer} bytes */
async function unpacked(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}
