// Position frames: decoding, and the store of who is where. Layout: dashboard/live/frames.py and docs/protocol.md.

export const GONE = 2147483647;
const HEADER = 16;

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

/** Who is where: arrays keyed by unit number, WGS-84 in millionths of a degree; lon is GONE for nobody. */
export class People {
  constructor() {
    this.lon = new Int32Array(0);
    this.lat = new Int32Array(0);
    this.count = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {() => void} heard */
  listen(heard) {
    this.listeners.add(heard);
  }

  /** @param {Frame} frame */
  apply(frame) {
    if (frame.full) {
      this.lon.fill(GONE);
      this.count = 0;
    }
    let highest = -1;
    for (const number of frame.numbers) if (number > highest) highest = number;
    if (highest >= this.lon.length) this.#grow(highest + 1);
    frame.numbers.forEach((number, i) => {
      this.count += Number(frame.lon[i] !== GONE) - Number(this.lon[number] !== GONE);
      this.lon[number] = frame.lon[i];
      this.lat[number] = frame.lat[i];
    });
    for (const heard of this.listeners) heard();
  }

  /** @param {number} size */
  #grow(size) {
    const length = Math.max(size, this.lon.length * 2, 1024);
    const lon = new Int32Array(length).fill(GONE);
    lon.set(this.lon);
    const lat = new Int32Array(length);
    lat.set(this.lat);
    this.lon = lon;
    this.lat = lat;
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
