// Empties the outbox whenever there is a network, each entry under its own key, so that a repeat does nothing. Two lanes side by side: words
// and what carries a file. What somebody has answered never waits behind a picture, and an entry that fails holds nobody else up.

import { sentenceOf } from "../api.mjs";
import { heardFrom } from "./server_clock.mjs";

const RETRY_MS = [1000, 2000, 5000, 10000];
/** So often the server may fail at a file; then the words go without it. */
const MOST_FILE_TRIES = 6;
const WORDS_PATIENCE_MS = 30_000, FILE_PATIENCE_MS = 180_000;
/** What goes with an entry, and where the entry keeps it. */
const FILES = /** @type {const} */ ([
  { file: "photo", stored: "photoId", path: "/photos", words: "照片" },
  { file: "clip", stored: "clipId", path: "/clips", words: "语音" },
]);
const PATHS = { answer: "answers", message: "messages", hand_over: "hand-over" };
/** The server has it already: as good as sent. */
const ALREADY = new Set(["already_so"]);

/** @typedef {import("./outbox.mjs").Entry} Entry */

/** Whether a file is still to be sent. @param {Entry} entry */
const carries = (entry) => FILES.some(({ file, stored }) => entry[file] && !entry[stored]);
/** A report is made of words first; its picture follows it. @param {Entry} entry */
const byFile = (entry) => (entry.kind === "ticket" ? Boolean(entry.sentId) : carries(entry));
const LANES = [(/** @type {Entry} */ entry) => !byFile(entry), byFile];

export class Sender extends EventTarget {
  /** @param {import("./outbox.mjs").Outbox} outbox @param {{ request?: typeof fetch }} [options] */
  constructor(outbox, options = {}) {
    super();
    this.outbox = outbox;
    this.request = options.request ?? ((...all) => fetch(...all));
    this.failures = 0;
    /** Entries at which the server has failed: how often, and when they are tried again. @type {Map<number, { tries: number, at: number }>} */
    this.later = new Map();
    /** Whether the last attempt reached the server. */
    this.online = true;
    this.signedOut = false;
    /** The lanes that are under way. @type {Map<(entry: Entry) => boolean, Promise<void>>} */
    this.running = new Map();
    /** Those that something came for meanwhile. @type {Set<(entry: Entry) => boolean>} */
    this.again = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    outbox.addEventListener("changed", () => this.soon());
  }

  /** Try now. A lane that is under way goes on, and looks once more when it is done. */
  async soon() {
    clearTimeout(this.timer);
    await Promise.all(LANES.map((lane) => {
      if (this.running.has(lane)) this.again.add(lane);
      else this.#start(lane);
      return this.running.get(lane);
    }));
  }

  /** @param {(entry: Entry) => boolean} lane */
  #start(lane) {
    this.running.set(lane, this.#run(lane).finally(() => {
      this.running.delete(lane);
      if (this.again.delete(lane) && this.online && !this.signedOut) this.#start(lane);
    }));
  }

  /** @param {(entry: Entry) => boolean} lane */
  async #run(lane) {
    try {
      // a lane that had nothing to send has learnt nothing of the network
      if (await this.#lane(lane) || (await this.outbox.waiting()).length === 0) {
        this.failures = 0;
        this.#state(true);
      }
      const next = Math.min(...[...this.later.values()].map(({ at }) => at));
      if (Number.isFinite(next)) this.#wait(next - Date.now());
    } catch (error) {
      if (error instanceof SignedOut) return this.#state(true, true);
      this.#state(false);
      this.#wait(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]);
      this.failures += 1;
    }
  }

  /** @param {number} milliseconds */
  #wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.soon(), Math.max(50, milliseconds));
  }

  /** Send what belongs into one lane until nothing is left; how often the server was reached. @param {(entry: Entry) => boolean} mine */
  async #lane(mine) {
    for (let reached = 0; ; reached += 1) {
      const entry = this.#next(await this.outbox.waiting(), mine);
      if (!entry) return reached;
      try {
        await this.#send(entry);
        this.later.delete(entry.id ?? 0);
      } catch (error) {
        if (!(error instanceof Failing)) throw error;
        await this.#postpone(entry, error);
      }
    }
  }

  /** The oldest that may go now: steps of one order keep their order, whatever happens to the first of them. @param {Entry[]} waiting @param {(entry: Entry) => boolean} mine */
  #next(waiting, mine) {
    const held = new Set();
    for (const entry of waiting) {
      const step = entry.kind === "answer" || entry.kind === "hand_over" ? entry.delivery : null;
      const ready = mine(entry) && (this.later.get(entry.id ?? 0)?.at ?? 0) <= Date.now();
      if (ready && !(step && held.has(step))) return entry;
      if (step) held.add(step);
    }
    return null;
  }

  /** The server cannot take this one now. @param {Entry} entry @param {Failing} failing */
  async #postpone(entry, failing) {
    const tries = (this.later.get(entry.id ?? 0)?.tries ?? 0) + 1;
    this.later.set(entry.id ?? 0, { tries, at: Date.now() + RETRY_MS[Math.min(tries - 1, RETRY_MS.length - 1)] });
    if (failing.file && tries >= MOST_FILE_TRIES) await this.#without(entry, failing.file, failing.message);
  }

  /** What was written matters more than its picture or sound: it goes without, and says so. @param {Entry} entry @param {typeof FILES[number]} file @param {string} why */
  async #without(entry, { file, words }, why) {
    delete entry[file];
    this.later.delete(entry.id ?? 0);
    if (entry.sentId) {
      await this.outbox.update({ ...entry, refused: `${words}未能上传：${why}` });
      this.dispatchEvent(new CustomEvent("sent", { detail: { entry, answer: null, refused: `${words}未能上传：${why}` } }));
      return;
    }
    const told = `（${words}未能上传：${why}）`;
    if ("text" in entry.body) entry.body.text += told;
    else entry.body.note = (entry.body.note ?? "") + told;
    await this.outbox.update(entry);
  }

  /** Whether the server may no longer have the file that went before: it keeps none for ever that nothing names. @param {Entry} entry @param {string} code */
  #lost(entry, code) {
    return code === "not_found" && !entry.again && FILES.some(({ stored }) => entry[stored]);
  }

  /** The file is still here, and goes once more. @param {Entry} entry */
  async #onceMore(entry) {
    for (const { stored } of FILES) delete entry[stored];
    await this.outbox.update({ ...entry, again: true });
  }

  /** @param {boolean} online @param {boolean} [signedOut] */
  #state(online, signedOut = false) {
    this.online = online;
    this.signedOut = signedOut;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {Entry} entry */
  async #send(entry) {
    const id = /** @type {number} */ (entry.id);
    if (byFile(entry)) {
      for (const one of FILES) {
        const { file, stored, path } = one;
        if (!entry[file] || entry[stored]) continue;
        const sent = await this.#post(`${path}?key=${encodeURIComponent(entry.body.key)}`, entry[file], entry[file].type, one);
        if (sent.refused) await this.#without(entry, one, sent.refused);
        else {
          entry[stored] = sent.value.id;
          await this.outbox.update(entry);
        }
        return;
      }
    }
    if (entry.kind === "ticket" && entry.sentId) {
      const attached = await this.#post(`/tickets/${entry.sentId}/photo`, JSON.stringify({ photo_id: entry.photoId }), "application/json");
      if (this.#lost(entry, attached.code)) await this.#onceMore(entry);
      else if (attached.refused && !ALREADY.has(attached.code)) await this.outbox.update({ ...entry, refused: attached.refused });
      else await this.outbox.remove(id);
      return;
    }
    const path = entry.kind === "ticket" ? "/tickets" : `/deliveries/${entry.delivery}/${PATHS[entry.kind]}`;
    const body = { ...entry.body, ...(entry.photoId ? { photo_id: entry.photoId } : {}), ...(entry.clipId ? { clip_id: entry.clipId } : {}) };
    const sent = await this.#post(path, JSON.stringify(body), "application/json");
    const refused = sent.refused && !ALREADY.has(sent.code) ? sent.refused : null;
    if (this.#lost(entry, sent.code)) await this.#onceMore(entry);
    else if (refused) await this.outbox.update({ ...entry, refused });
    else if (entry.kind === "ticket" && entry.photo && sent.value?.id) await this.outbox.update({ ...entry, sentId: sent.value.id });
    else await this.outbox.remove(id);
    this.dispatchEvent(new CustomEvent("sent", { detail: { entry, answer: sent.value ?? null, refused } }));
  }

  /**
   * What the server says: a value, or a refusal for good. Throws when it could not be reached, and `Failing` when it was and could not.
   * @param {string} path @param {BodyInit} body @param {string} type @param {typeof FILES[number] | null} [file]
   */
  async #post(path, body, type, file = null) {
    const signal = AbortSignal.timeout(file ? FILE_PATIENCE_MS : WORDS_PATIENCE_MS);
    const answer = heardFrom(await this.request(`/api/v1${path}`, { method: "POST", body, headers: { "Content-Type": type }, signal }));
    if (answer.status === 401) throw new SignedOut();
    // what stands in between and is no server of ours: as good as no network
    if ([502, 504].includes(answer.status)) throw new Error(`status ${answer.status}`);
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new Failing(`${answer.status}`, file);
    const value = await answer.json().catch(() => null);
    if (answer.ok && value !== null) return { value, code: "" };
    if (answer.ok) throw new Error("not our server"); // a sign-in page of a hotel's network
    // A refusal that is none of our sentences comes from what stands before the server, and it will not change its mind: too large.
    if (!value?.error) return { refused: answer.status === 413 ? "文件太大" : `HTTP ${answer.status}`, code: "" };
    return { refused: sentenceOf(value.error), code: value.error.code };
  }
}

class SignedOut extends Error {}

class Failing extends Error {
  /** @param {string} message @param {typeof FILES[number] | null} file */
  constructor(message, file) {
    super(message);
    this.file = file;
  }
}
