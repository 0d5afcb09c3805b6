// Position frames: decoding, and the store of who is where. Layout: dashboard/live/frames.py and docs/protocol.md.

export const GONE = 2147483647;
/** Instead of a heading: the position is older than ten minutes. */
export const OLD = 255;
const HEADER = 16;
/** No installation has more units; a greater number is a fault, and must not make the arrays grow without end. */
const MOST = 4_000_000;

/**
 * @typedef {{ full: boolean, at: number, numbers: Uint32Array, lon: Int32Array, lat: Int32Array, heading: Uint8Array }} Frame
 */

/** Decode a frame; throws on one that is cut or of another version. @param {ArrayBuffer} buffer @returns {Frame} */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER || view.getUint8(0) !== 1) throw new Error("not a position frame of version 1");
  const count = view.getUint32(4, true);
  if (buffer.byteLength !== HEADER + count * 13) throw new Error(`a frame of ${count} positions has ${buffer.byteLength} bytes`);
  return {
    full: (view.getUint8(1) & 1) === 1,
    at: view.getFloat64(8, true),
    numbers: new Uint32Array(buffer, HEADER, count),
    lon: new Int32Array(buffer, HEADER + 4 * count, count),
    lat: new Int32Array(buffer, HEADER + 8 * count, count),
    heading: new Uint8Array(buffer, HEADER + 12 * count, count),
  };
}

/** How long a point takes from its last place to the next: the interval of the frames. */
export const GLIDE_MS = 1000;

/**
 * Who is where: arrays keyed by unit number, WGS-84 in millionths of a degree; lon is GONE for nobody.
 * `fromLon`, `fromLat` and `since` (milliseconds of the page) tell where a unit was shown when its last position came.
 */
export class People {
  constructor() {
    this.lon = new Int32Array(0);
    this.lat = new Int32Array(0);
    this.fromLon = new Int32Array(0);
    this.fromLat = new Int32Array(0);
    this.since = new Float64Array(0);
    /** Half degrees clockwise from north. */
    this.heading = new Uint8Array(0);
    this.count = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {() => void} heard */
  listen(heard) {
    this.listeners.add(heard);
  }

  /** @param {Frame} frame @param {number} [now] milliseconds of the page */
  apply(frame, now = performance.now()) {
    if (frame.full) {
      this.lon.fill(GONE);
      this.count = 0;
    }
    let highest = -1;
    for (const number of frame.numbers) if (number > highest) highest = number;
    if (highest >= MOST) throw new Error(`a frame with the unknown unit ${highest}`);
    if (highest >= this.lon.length) this.#grow(highest + 1);
    frame.numbers.forEach((number, i) => {
      this.count += Number(frame.lon[i] !== GONE) - Number(this.lon[number] !== GONE);
      const glides = !frame.full && frame.lon[i] !== GONE && this.lon[number] !== GONE;
      const part = glides ? this.#part(number, now) : 0;
      this.fromLon[number] = glides ? this.fromLon[number] + (this.lon[number] - this.fromLon[number]) * part : frame.lon[i];
      this.fromLat[number] = glides ? this.fromLat[number] + (this.lat[number] - this.fromLat[number]) * part : frame.lat[i];
      this.since[number] = now;
      this.lon[number] = frame.lon[i];
      this.lat[number] = frame.lat[i];
      this.heading[number] = frame.heading[i];
    });
    for (const heard of this.listeners) heard();
  }

  /** @param {number} size */
  #grow(size) {
    const length = Math.max(size, this.lon.length * 2, 1024);
    const lon = new Int32Array(length).fill(GONE);
    lon.set(this.lon);
    this.lon = lon;
    this.lat = grown(this.lat, new Int32Array(length));
    this.fromLon = grown(this.fromLon, new Int32Array(length));
    this.fromLat = grown(this.fromLat, new Int32Array(length));
    this.since = grown(this.since, new Float64Array(length));
    this.heading = grown(this.heading, new Uint8Array(length));
  }

  /** How much of its way a unit has gone, 0 to 1. @param {number} number @param {number} now */
  #part(number, now) {
    return Math.min(1, Math.max(0, (now - this.since[number]) / GLIDE_MS));
  }

  /** Where a unit is shown at a moment, degrees. @param {number} number @param {number} now @returns {[number, number]} */
  shown(number, now) {
    const part = this.#part(number, now);
    if (part === 1) return [this.lon[number] / 1e6, this.lat[number] / 1e6];
    return [(this.fromLon[number] + (this.lon[number] - this.fromLon[number]) * part) / 1e6, (this.fromLat[number] + (this.lat[number] - this.fromLat[number]) * part) / 1e6];
  }

  /** Numbers of those within a box of degrees. @param {number} west @param {number} south @param {number} east @param {number} north */
  *within(west, south, east, north) {
    const [w, s, e, n] = [west * 1e6, south * 1e6, east * 1e6, north * 1e6];
    for (let i = 0; i < this.lon.length; i++) {
      const lon = this.lon[i], lat = this.lat[i];
      if (lon !== GONE && lon >= w && lon <= e && lat >= s && lat <= n) yield i;
    }
  }
}

/** @template {{ set: (from: any) => void }} A @param {A} from @param {A} to @returns {A} */
function grown(from, to) {
  to.set(from);
  return to;
}
