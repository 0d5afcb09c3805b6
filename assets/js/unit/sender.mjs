// Empties the outbox whenever there is a network: in order, one at a time, each under its own key, so that a repeat does nothing.

import { sentenceOf } from "../api.mjs";

const RETRY_MS = [1000, 2000, 5000, 10000];
/** What goes ahead of an entry, and where the entry keeps it. */
const FILES = /** @type {const} */ ([
  { file: "photo", stored: "photoId", path: "/photos", words: "照片" },
  { file: "clip", stored: "clipId", path: "/clips", words: "语音" },
]);
const PATHS = { answer: "answers", message: "messages", hand_over: "hand-over" };
/** The server has it already: as good as sent. */
const ALREADY = new Set(["already_so"]);

export class Sender extends EventTarget {
  /** @param {import("./outbox.mjs").Outbox} outbox @param {{ request?: typeof fetch }} [options] */
  constructor(outbox, options = {}) {
    super();
    this.outbox = outbox;
    this.request = options.request ?? ((...all) => fetch(...all));
    this.failures = 0;
    /** Whether the last attempt reached the server. */
    this.online = true;
    this.signedOut = false;
    /** @type {Promise<void> | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    outbox.addEventListener("changed", () => this.soon());
  }

  /** Try now, unless it is already under way. */
  soon() {
    clearTimeout(this.timer);
    this.running ??= this.#drain().finally(() => { this.running = null; });
    return this.running;
  }

  async #drain() {
    for (;;) {
      const [entry] = await this.outbox.waiting();
      if (!entry) return this.#state(true);
      try {
        await this.#send(entry);
        this.failures = 0;
      } catch (error) {
        if (error instanceof SignedOut) return this.#state(true, true);
        this.#state(false);
        const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
        this.failures += 1;
        this.timer = setTimeout(() => this.soon(), wait);
        return;
      }
    }
  }

  /** @param {boolean} online @param {boolean} [signedOut] */
  #state(online, signedOut = false) {
    this.online = online;
    this.signedOut = signedOut;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {import("./outbox.mjs").Entry} entry */
  async #send(entry) {
    const id = /** @type {number} */ (entry.id);
    for (const { file, stored, path, words } of FILES) {
      if (!entry[file] || entry[stored]) continue;
      const sent = await this.#post(`${path}?key=${encodeURIComponent(entry.body.key)}`, entry[file], entry[file].type);
      if (sent.refused) {
        // what was written matters more than its picture or sound: it goes without, and says so
        delete entry[file];
        entry.body.text += `（${words}未能上传：${sent.refused}）`;
      } else entry[stored] = sent.value.id;
      await this.outbox.update(entry);
      return;
    }
    const path = entry.kind === "ticket" ? "/tickets" : `/deliveries/${entry.delivery}/${PATHS[entry.kind]}`;
    const body = { ...entry.body, ...(entry.photoId ? { photo_id: entry.photoId } : {}), ...(entry.clipId ? { clip_id: entry.clipId } : {}) };
    const sent = await this.#post(path, JSON.stringify(body), "application/json");
    if (sent.refused && !ALREADY.has(sent.code)) await this.outbox.update({ ...entry, refused: sent.refused });
    else await this.outbox.remove(id);
    this.dispatchEvent(new CustomEvent("sent", { detail: { entry, answer: sent.value ?? null, refused: ALREADY.has(sent.code) ? null : sent.refused ?? null } }));
  }

  /** What the server says: a value, or a refusal for good. Throws when it could not be reached or is not itself. @param {string} path @param {BodyInit} body @param {string} type */
  async #post(path, body, type) {
    const answer = await this.request(`/api/v1${path}`, { method: "POST", body, headers: { "Content-Type": type } });
    if (answer.status === 401) throw new SignedOut();
    if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
    const value = await answer.json();
    if (answer.ok) return { value, code: "" };
    return { refused: sentenceOf(value.error), code: value.error.code };
  }
}

class SignedOut extends Error {}
