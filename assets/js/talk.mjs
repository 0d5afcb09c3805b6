// The talk inside an order, the same for the desk and for the phone: messages with photos and voice clips, and the line to write in.
import { html, nothing } from "lit-html";
import { minuteTime } from "./format.mjs";
import { switchOff, takeMedia } from "./media.mjs";
import { say } from "./text.mjs";

/** A clip is meant to be short: what is longer is better said on the telephone. */
const LONGEST_MS = 60_000;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg"];

/**
 * @typedef {{ id: string, key: string, delivery_id: string, from_unit: boolean, name: string, text: string, photo_id: string | null, clip_id: string | null, written_at: string, arrived_at: string }} Message
 * @typedef {{ text: string, photo: Blob | null, clip: Blob | null }} Draft
 */

/** Records the voice from one tap to the next. */
export class Recorder {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    this.problem = "";
    /** Grows with each start and each cancel: an answer of the browser to an earlier one is given back. */
    this.turn = 0;
    this.asking = false;
  }

  get on() { return this.recorder !== null; }

  /** @param {(clip: Blob) => void} done */
  async start(done) {
    if (this.on || this.asking) return;
    const mine = ++this.turn;
    this.problem = "";
    this.asking = true;
    try {
      const stream = await takeMedia(() => navigator.mediaDevices.getUserMedia({ audio: true }), () => mine === this.turn);
      if (!stream) return;
      const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
      const recorder = new MediaRecorder(stream, { ...(mimeType ? { mimeType } : {}), audioBitsPerSecond: 24_000 });
      /** @type {Blob[]} */
      const parts = [];
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", () => {
        switchOff(stream);
        this.recorder = null;
        if (mine === this.turn) done(new Blob(parts, { type: recorder.mimeType.split(";")[0] }));
        this.changed();
      });
      recorder.start();
      this.recorder = recorder;
      setTimeout(() => { if (this.recorder === recorder) this.stop(); }, LONGEST_MS);
    } catch {
      if (mine === this.turn) this.problem = say("talk.no_microphone");
    } finally {
      if (mine === this.turn) this.asking = false;
    }
    this.changed();
  }

  stop() { this.recorder?.stop(); }

  /** The talk was closed: nobody wants the clip, and the microphone goes off, also if the browser still asks whether it may. */
  cancel() {
    this.turn += 1;
    this.asking = false;
    this.problem = "";
    this.stop();
  }
}

/**
 * @param {Message[]} messages @param {boolean} asUnit whether the reader is the unit
 */
export const messageList = (messages, asUnit) => html`<ol class="talk">${messages.map((message) => html`
  <li class=${message.from_unit === asUnit ? "mine" : "theirs"} data-message=${message.id}>
    <span class="hint">${message.name} · ${minuteTime(message.written_at)}${message.arrived_at ? nothing : html` · ${say("unit.waiting")}`}</span>
    ${message.text ? html`<p>${message.text}</p>` : nothing}
    ${message.photo_id ? html`<a href="/api/v1/photos/${message.photo_id}" target="_blank" rel="noopener"><img class="photo" alt=${say("report.photo")} src="/api/v1/photos/${message.photo_id}"></a>` : nothing}
    ${message.clip_id ? html`<audio controls preload="none" aria-label=${say("talk.clip")} src="/api/v1/clips/${message.clip_id}"></audio>` : nothing}</li>`)}</ol>
  ${messages.length ? nothing : html`<p class="empty">${say("talk.none")}</p>`}`;

/**
 * The line to write in. @param {Draft} draft @param {Recorder} recorder @param {() => void} redraw @param {() => void} send
 */
export function writingLine(draft, recorder, redraw, send) {
  const ready = draft.text.trim() || draft.photo || draft.clip;
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); if (ready) send(); };
  return html`<form class="talk-line" @submit=${submit}>
    <input name="message" autocomplete="off" maxlength="1000" placeholder=${say("talk.write")} aria-label=${say("talk.write")} .value=${draft.text} @input=${(/** @type {any} */ e) => { draft.text = e.target.value; redraw(); }}>
    <label class="file">${draft.photo ? say("report.photo_kept") : say("talk.photo")}<input type="file" accept="image/jpeg,image/png,image/webp" @change=${(/** @type {any} */ e) => { draft.photo = e.target.files[0] ?? null; redraw(); }}></label>
    <button type="button" data-record aria-pressed=${recorder.on} @click=${() => (recorder.on ? recorder.stop() : recorder.start((clip) => { draft.clip = clip; }))}>${recorder.on ? say("talk.stop") : draft.clip ? say("talk.recorded") : say("talk.record")}</button>
    <button class="primary" ?disabled=${!ready}>${say("talk.send")}</button></form>
    ${recorder.problem ? html`<p class="problem" role="alert">${recorder.problem}</p>` : nothing}`;
}

/** @returns {Draft} */
export const emptyDraft = () => ({ text: "", photo: null, clip: null });
