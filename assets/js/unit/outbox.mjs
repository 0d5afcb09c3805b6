// The outbox: what was tapped is stored in IndexedDB before anything else, and leaves it only when the server has it.
// Entries are sent one by one in the order of the taps; one that the server refuses for good is kept with its reason.

const NAME = "yiping-outbox";

/**
 * @typedef {{ id?: number, account: string, kind: "answer" | "ticket" | "message" | "hand_over", at: string, body: any, delivery?: string, photo?: Blob, photoId?: string, clip?: Blob, clipId?: string, refused?: string }} Entry
 */

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export class Outbox extends EventTarget {
  /** @param {string} account entries of another account on the same phone are left alone */
  constructor(account) {
    super();
    this.account = account;
    this.database = openDatabase();
  }

  /** @param {IDBTransactionMode} mode */
  async #store(mode) {
    return (await this.database).transaction("entries", mode, { durability: "strict" }).objectStore("entries");
  }

  /** Keep an entry. Resolves when it is on disk. @param {Omit<Entry, "account">} entry */
  async add(entry) {
    await done((await this.#store("readwrite")).add({ ...entry, account: this.account }));
    this.dispatchEvent(new Event("changed"));
  }

  /** Entries of this account in the order of the taps. @returns {Promise<Entry[]>} */
  async all() {
    const entries = await done((await this.#store("readonly")).getAll());
    return entries.filter((entry) => entry.account === this.account);
  }

  /** Those that wait to be sent. */
  async waiting() {
    return (await this.all()).filter((entry) => !entry.refused);
  }

  /** @param {Entry} entry */
  async update(entry) {
    await done((await this.#store("readwrite")).put(entry));
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {number} id */
  async remove(id) {
    await done((await this.#store("readwrite")).delete(id));
    this.dispatchEvent(new Event("changed"));
  }
}
