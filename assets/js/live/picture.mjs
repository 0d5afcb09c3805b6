// The browser's store of one area: a snapshot, then patches. The server's reference is dashboard/live/picture.py;
// `tests/dashboard/live/test_picture.py` holds both to "snapshot before + changes = snapshot after".

/** @typedef {Record<string, any>} Row */
/** @typedef {Map<string, Row>} Layer */

export const LAYERS = /** @type {const} */ (["figures", "tickets", "warnings", "orders", "units", "deliveries"]);
const EVENTS_KEPT = 40;

export class Picture {
  constructor() {
    /** Code of the area; empty before the first snapshot. */
    this.area = "";
    /** The change up to which the picture is true. */
    this.seq = -1;
    /** @type {Record<typeof LAYERS[number], Layer>} */
    this.layers = { figures: new Map(), tickets: new Map(), warnings: new Map(), orders: new Map(), units: new Map(), deliveries: new Map() };
    /** @type {Row[]} */
    this.events = [];
    /** @type {Set<(touched: Set<string>) => void>} */
    this.listeners = new Set();
  }

  /** Call `heard` with the names of the layers (and `events`, `area`) that were touched. @param {(touched: Set<string>) => void} heard */
  listen(heard) {
    this.listeners.add(heard);
  }

  /** Begin anew from a snapshot. @param {Row} snapshot */
  reset(snapshot) {
    this.area = snapshot.area;
    this.seq = snapshot.seq;
    for (const layer of LAYERS) {
      const rows = snapshot[layer];
      this.layers[layer] = layer === "figures" ? new Map(Object.entries(rows)) : new Map(rows.map((/** @type {Row} */ row) => [row.id, row]));
    }
    this.events = [...snapshot.events];
    this.#tell(new Set([...LAYERS, "events", "area"]));
  }

  /** Apply a patch: rows by key, null for a row that is gone. One for another area, or older than the picture, is ignored. @param {Row} patch */
  apply(patch) {
    if (patch.area !== this.area || patch.seq < this.seq) return;
    this.seq = patch.seq;
    const touched = new Set();
    for (const layer of LAYERS) {
      for (const [key, row] of Object.entries(patch[layer] ?? {})) {
        touched.add(layer);
        if (row === null) {
          this.layers[layer].delete(key);
          if (layer === "orders" && this.#dropDeliveries(key)) touched.add("deliveries");
        } else this.layers[layer].set(key, row);
      }
    }
    const last = this.events.at(-1)?.seq ?? -1;
    const fresh = (patch.events ?? []).filter((/** @type {Row} */ event) => event.seq > last);
    if (fresh.length) {
      this.events = [...this.events, ...fresh].slice(-EVENTS_KEPT);
      touched.add("events");
    }
    if (touched.size) this.#tell(touched);
  }

  /** Note that the picture is true up to a later change. @param {number} seq */
  reached(seq) {
    this.seq = Math.max(this.seq, seq);
  }

  /** An order that is gone takes its deliveries with it. @param {string} orderId */
  #dropDeliveries(orderId) {
    let dropped = false;
    for (const [key, row] of this.layers.deliveries) {
      if (row.order_id === orderId) dropped = this.layers.deliveries.delete(key) || dropped;
    }
    return dropped;
  }

  /** @param {Set<string>} touched */
  #tell(touched) {
    for (const heard of this.listeners) heard(touched);
  }
}
