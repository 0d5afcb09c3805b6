// What each micro-grid is coloured by: one byte for each, fed by frames. Layout: dashboard/live/micro_grids.py and docs/protocol.md.

const HEADER = 12;

export class Colours {
  constructor() {
    /** Names the order in which micro-grids are numbered; tiles of another numbering do not fit. */
    this.numbering = "";
    /** Number of the first value. */
    this.first = 1;
    this.values = new Uint8Array(0);
    /** Told the numbers that changed; null: all. @type {Set<(changed: Uint32Array | null) => void>} */
    this.listeners = new Set();
  }

  /** @param {(changed: Uint32Array | null) => void} heard */
  listen(heard) {
    this.listeners.add(heard);
  }

  /** Value of a micro-grid; 0 for one that is not in the open area. @param {number} number */
  of(number) {
    return this.values[number - this.first] ?? 0;
  }

  /** Take a frame; throws on one that is cut or of another version. @param {string} numbering @param {ArrayBuffer} buffer */
  apply(numbering, buffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < HEADER || view.getUint8(0) !== 1) throw new Error("not a colour frame of version 1");
    const full = (view.getUint8(1) & 1) === 1, first = view.getUint32(4, true), count = view.getUint32(8, true);
    if (buffer.byteLength !== HEADER + count * (full ? 1 : 5)) throw new Error(`a colour frame of ${count} micro-grids has ${buffer.byteLength} bytes`);
    if (full) {
      this.numbering = numbering;
      this.first = first;
      this.values = new Uint8Array(buffer, HEADER, count).slice();
      this.#tell(null);
      return;
    }
    if (numbering !== this.numbering) return; // a straggler of before an import; a full frame follows
    const numbers = new Uint32Array(buffer, HEADER, count), values = new Uint8Array(buffer, HEADER + 4 * count, count);
    numbers.forEach((number, i) => {
      if (number - this.first < this.values.length) this.values[number - this.first] = values[i];
    });
    this.#tell(numbers);
  }

  /** No area is open, or no colours are wanted. */
  clear() {
    this.values = new Uint8Array(0);
    this.#tell(null);
  }

  /** @param {Uint32Array | null} changed */
  #tell(changed) {
    for (const heard of this.listeners) heard(changed);
  }
}
