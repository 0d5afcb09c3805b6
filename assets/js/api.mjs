// Asking the HTTP interface. A refusal becomes a `Refused` with the server's sentence.
import { say } from "./text.mjs";

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
  const english = document.documentElement.lang === "en";
  throw new Refused(answer.status, value?.error ?? null, (english ? value?.error?.en : value?.error?.zh) ?? say("error.unavailable"));
}

/** @param {string} path below /api/v1 @param {AbortSignal} [signal] */
export const get = async (path, signal) => read(await fetch(`/api/v1${path}`, signal ? { signal } : {}));

/** @param {string} path below /api/v1 @param {unknown} [body] */
export const post = async (path, body) =>
  read(await fetch(`/api/v1${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  }));

/** A random key under which something is done only once. */
export const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
