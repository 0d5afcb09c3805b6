// What this unit has to do: the deliveries that the server gave it, moved on at once by what was tapped, and kept for offline.

import { recall } from "./keeping.mjs";

export const STEPS = ["acknowledged", "en_route", "arrived", "done"];
const FINAL = new Set(["done", "declined", "expired"]);

/** @typedef {{ id: string, order_id: string, state: string, times: Record<string, string>, order: any, taken_by?: string }} Delivery */

/** The next step of a delivery, or null. A check-in is answered with one tap. @param {string} state @param {string} [kind] */
export function nextStep(state, kind = "task") {
  if (kind === "check_in") return state === "queued" || state === "delivered" ? STEPS[0] : null;
  if (state === "queued" || state === "delivered") return STEPS[0];
  const i = STEPS.indexOf(state);
  return i >= 0 && i < STEPS.length - 1 ? STEPS[i + 1] : null;
}

const PRIORITY = ["critical", "urgent", "normal"];
/** Nobody has acknowledged it yet: it calls. @param {Delivery} delivery */
export const calls = (delivery) => delivery.state === "queued" || delivery.state === "delivered";

export class Work {
  /** @param {string} account @param {import("./keeping.mjs").Keeping} storage */
  constructor(account, storage) {
    this.key = `yiping-work-${account}`;
    this.storage = storage;
    /** @type {Map<string, Delivery>} */
    this.deliveries = new Map(recall(storage, this.key, []));
    /** What was tapped and is not yet confirmed, by delivery: the server's older state must not undo it. @type {Map<string, string>} */
    this.tapped = new Map();
    /** Orders that ended before they were done, until the person has read it: whoever is on the way must not go on. @type {Map<string, Delivery>} */
    this.ended = new Map();
  }

  /** The server's list: what is not in it is over. @param {Delivery[]} list */
  replace(list) {
    const kept = new Map(list.map((delivery) => [delivery.id, delivery]));
    for (const [id, state] of this.tapped) {
      const known = this.deliveries.get(id);
      const given = kept.get(id);
      if (given) kept.set(id, { ...given, state, times: { ...known?.times, ...given.times } });
    }
    for (const [id, known] of this.deliveries) if (!kept.has(id) && !this.tapped.has(id) && !FINAL.has(known.state)) this.ended.set(id, known);
    this.deliveries = kept;
    this.#save();
  }

  /** A push: a new order, or a state. @param {{ id: string, order_id: string, state?: string, at?: string, order?: any }} message */
  push(message) {
    const known = this.deliveries.get(message.id);
    if (!known && message.order) {
      this.deliveries.set(message.id, { id: message.id, order_id: message.order_id, state: message.state ?? "queued", times: { queued: message.at ?? new Date().toISOString() }, order: message.order });
    } else if (known && message.state && message.state !== "queued" && !this.tapped.has(message.id)) {
      this.deliveries.set(message.id, { ...known, state: message.state, times: { ...known.times, ...(message.at ? { [message.state]: message.at } : {}) } });
    }
    this.#save();
    return !known && Boolean(message.order);
  }

  /** A tap: shown at once. @param {string} id @param {string} state @param {string} at */
  tap(id, state, at) {
    const known = this.deliveries.get(id);
    if (!known) return;
    this.tapped.set(id, state);
    this.deliveries.set(id, { ...known, state, times: { ...known.times, [state]: at } });
    this.#save();
  }

  /** The server has an answer (or refused it for good). @param {string} id @param {string} state the state that was tapped @param {any} answer the delivery as the server has it, or null */
  settled(id, state, answer) {
    if (this.tapped.get(id) === state) this.tapped.delete(id);
    const known = this.deliveries.get(id);
    if (known && answer && !this.tapped.has(id)) this.deliveries.set(id, { ...known, state: answer.state, times: answer.times });
    this.#save();
  }

  /** Somebody at the desk is at a call for help. @param {string} id @param {string} by */
  taken(id, by) {
    const known = this.deliveries.get(id);
    if (known) this.deliveries.set(id, { ...known, taken_by: by });
    this.#save();
  }

  /** The order has ended without us. @param {string} id */
  end(id) {
    const known = this.deliveries.get(id);
    if (known && known.state !== "done" && known.state !== "declined") this.ended.set(id, known);
    this.drop(id);
  }

  /** @param {string} id */
  drop(id) {
    this.deliveries.delete(id);
    this.tapped.delete(id);
    this.#save();
  }

  /** The person has read that it ended. @param {string} id */
  read(id) { this.ended.delete(id); }

  /** What is to be done: who needs help, then what calls, then what is under way; the most urgent first, then the oldest. @returns {Delivery[]} */
  open() {
    const stage = (/** @type {Delivery} */ delivery) => (delivery.state === "help" ? 0 : calls(delivery) ? 1 : 2);
    return [...this.deliveries.values()].filter((delivery) => !FINAL.has(delivery.state)).sort((a, b) =>
      stage(a) - stage(b) || PRIORITY.indexOf(a.order.priority) - PRIORITY.indexOf(b.order.priority) || a.id.localeCompare(b.id));
  }

  /** What has not been acknowledged, the most urgent first. */
  calling() { return this.open().filter(calls); }

  #save() {
    this.storage.setItem(this.key, JSON.stringify([...this.deliveries]));
  }
}
