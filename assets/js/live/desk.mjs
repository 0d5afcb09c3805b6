// The browser's store of what waits at the desk, for the whole scope, whatever place is open: a list, then items one by one.

import { rank } from "../levels.mjs";

const KINDS = ["help", "ticket", "escalation", "message", "channel"];
const TAKEN_KEPT = 30;

/** @typedef {import("./picture.mjs").Row} Row */

export class DeskQueue {
  constructor() {
    this.seq = -1;
    /** @type {Map<string, Row>} */
    this.items = new Map();
    /** The last that were taken, newest first. @type {Row[]} */
    this.taken = [];
    /** @type {Set<(fresh: Row[]) => void>} */
    this.listeners = new Set();
  }

  /** Call `heard` after each change, with the items that are new or have grown. @param {(fresh: Row[]) => void} heard */
  listen(heard) { this.listeners.add(heard); }

  /** Begin anew. @param {{ seq: number, waiting: Row[], taken: Row[] }} answer */
  reset({ seq, waiting, taken }) {
    const known = this.items, first = this.seq < 0;
    this.seq = seq;
    this.items = new Map(waiting.map((item) => [item.id, item]));
    this.taken = taken;
    this.#tell(first ? [] : waiting.filter((item) => (known.get(item.id)?.count ?? 0) < item.count));
  }

  /** One item as it is now. @param {{ seq: number, item: Row }} message */
  apply({ seq, item }) {
    if (seq <= this.seq) return;
    this.seq = seq;
    if (item.state === "open") {
      this.items.set(item.id, item);
      return this.#tell([item]);
    }
    this.items.delete(item.id);
    if (item.state === "taken") this.taken = [item, ...this.taken.filter((one) => one.id !== item.id)].slice(0, TAKEN_KEPT);
    this.#tell([]);
  }

  /** What waits: calls for help first, then the worst, then the oldest. @returns {Row[]} */
  waiting() {
    return [...this.items.values()].sort((a, b) => Number(b.kind === "help") - Number(a.kind === "help") || rank(a.level) - rank(b.level) ||
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.raised_at.localeCompare(b.raised_at));
  }

  /** @param {Row[]} fresh */
  #tell(fresh) { for (const heard of this.listeners) heard(fresh); }
}
