// How many messages of the desk this phone has not opened yet, by delivery. What was opened is kept, so that what was written while
// the phone was off or without a network still counts when it is back.

import { recall } from "./keeping.mjs";

export class Unread {
  /** @param {string} account @param {import("./keeping.mjs").Keeping} storage */
  constructor(account, storage) {
    this.key = `yiping-read-${account}`;
    this.storage = storage;
    /** @type {Map<string, number>} */
    this.opened = new Map(recall(storage, this.key, []));
    /** @type {Map<string, number>} */
    this.written = new Map();
  }

  /** The server's list: `messages` counts what the desk has written in each. @param {{ id: string, messages?: number }[]} deliveries */
  replace(deliveries) {
    this.written = new Map(deliveries.map(({ id, messages }) => [id, messages ?? 0]));
    this.opened = new Map([...this.opened].filter(([id]) => this.written.has(id)));
    this.#save();
  }

  /** One more came. @param {string} delivery */
  came(delivery) { this.written.set(delivery, (this.written.get(delivery) ?? 0) + 1); }

  /** The talk is before the person's eyes. @param {string} delivery @param {{ from_unit: boolean }[]} messages */
  open(delivery, messages) {
    const seen = messages.filter((message) => !message.from_unit).length;
    this.opened.set(delivery, seen);
    this.written.set(delivery, seen);
    this.#save();
  }

  /** @param {string} delivery */
  of(delivery) { return Math.max(0, (this.written.get(delivery) ?? 0) - (this.opened.get(delivery) ?? 0)); }

  #save() { this.storage.setItem(this.key, JSON.stringify([...this.opened])); }
}
