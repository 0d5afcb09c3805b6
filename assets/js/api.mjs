// Asking the HTTP interface. A refusal becomes a `Refused` with the server's sentence.
import { say } from "./text.mjs";

/** Refusals after which one has to sign in again. */
export const OVER = ["unauthenticated", "token_expired", "token_revoked"];

export class Refused extends Error {
  /** @param {number} status @param {{ code: string, zh: string, en: string } | null} error @param {string} sentence */
  constructor(status, error, sentence) {
    super(sentence);
    this.status = status;
    this.code = error?.code ?? "unavailable";
  }
}

/** @param {Response} answer */
async function read(answer) {
  const text = await answer.text();
  /** @type {any} */
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused(answer.status, null, say("error.unavailable"));
  }
  if (answer.ok) return value;
  throw new Refused(answer.status, value?.error ?? null, sentenceOf(value?.error) ?? say("error.unavailable"));
}

/** What a refusal says in the language of the page. @param {{ zh: string, en: string } | null | undefined} error */
export const sentenceOf = (error) => (globalThis.document?.documentElement.lang === "en" ? error?.en : error?.zh);

/** @param {string} path below /api/v1 @param {AbortSignal} [signal] */
export const get = async (path, signal) => read(await ask(`/api/v1${path}`, signal ? { signal } : {}));

/** A question that could not be asked says so in the page's language; one that was called off stays what it is. @param {string} url @param {RequestInit} options */
async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Error(say("error.offline"), { cause: error });
  }
}

/** @param {string} path below /api/v1 @param {unknown} [body] */
export const post = async (path, body) =>
  read(await ask(`/api/v1${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  }));

/** Send a file under a key. @param {string} path below /api/v1 @param {string} key @param {Blob} data @returns {Promise<{ id: string }>} */
export const upload = async (path, key, data) =>
  read(await ask(`/api/v1${path}?key=${encodeURIComponent(key)}`, { method: "POST", body: data, headers: { "Content-Type": data.type || "application/octet-stream" } }));

/** A random key under which something is done only once. */
export const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
