// The outbox: what was tapped is stored in IndexedDB before anything else, and leaves it only when the server has it. One that the server
// refuses for good is kept with its reason. Where the browser gives no database, it is kept as long as the page lives, and the page says so.

const NAME = "yiping-outbox";

/**
 * @typedef {{ id?: number, account: string, kind: "answer" | "ticket" | "message" | "hand_over", at: string, body: any, delivery?: string, photo?: Blob, photoId?: string, clip?: Blob, clipId?: string,
 *   sentId?: string, again?: boolean, refused?: string }} Entry
 */

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export class Outbox extends EventTarget {
  /** @param {string} account entries of another account on the same phone are left alone @param {() => Promise<IDBDatabase>} [open] */
  constructor(account, open = openDatabase) {
    super();
    this.account = account;
    /** Whether what is kept outlives the page. */
    this.lasting = true;
    /** Entries that could not be stored, by id. @type {Map<number, Entry>} */
    this.memory = new Map();
    /** Ids of these are below those of the database. */
    this.nextId = -1_000_000;
    this.database = (async () => open())().catch(() => { this.#lost(); return null; });
  }

  #lost() {
    if (!this.lasting) return;
    this.lasting = false;
    queueMicrotask(() => this.dispatchEvent(new Event("changed")));
  }

  /** @param {IDBTransactionMode} mode */
  async #store(mode) {
    const database = await this.database;
    return database && database.transaction("entries", mode, { durability: "strict" }).objectStore("entries");
  }

  /** Keep an entry. Resolves when it is on disk, or at least in the page. @param {Omit<Entry, "account">} entry */
  async add(entry) {
    const mine = { ...entry, account: this.account };
    try {
      const store = await this.#store("readwrite");
      if (!store) throw new Error("no database");
      await done(store.add(mine));
    } catch {
      const id = this.nextId++;
      this.memory.set(id, { ...mine, id });
      this.#lost();
    }
    this.dispatchEvent(new Event("changed"));
  }

  /** Entries of this account in the order of the taps. @returns {Promise<Entry[]>} */
  async all() {
    /** @type {Entry[]} */
    let stored = [];
    try {
      const store = await this.#store("readonly");
      if (store) stored = await done(store.getAll());
    } catch { this.#lost(); }
    return [...stored, ...this.memory.values()].filter((entry) => entry.account === this.account).sort((a, b) => a.at.localeCompare(b.at) || (a.id ?? 0) - (b.id ?? 0));
  }

  /** Those that wait to be sent. */
  async waiting() {
    return (await this.all()).filter((entry) => !entry.refused);
  }

  /** @param {Entry} entry */
  async update(entry) {
    if (this.memory.has(entry.id ?? 0)) this.memory.set(entry.id ?? 0, entry);
    else await (async () => { const store = await this.#store("readwrite"); if (store) await done(store.put(entry)); })().catch(() => this.#lost());
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {number} id */
  async remove(id) {
    if (!this.memory.delete(id)) await (async () => { const store = await this.#store("readwrite"); if (store) await done(store.delete(id)); })();
    this.dispatchEvent(new Event("changed"));
  }
}
