// The desk's side of the talk with one recipient of an order.
import { html } from "lit-html";
import { get, newKey, post } from "../api.mjs";
import { emptyDraft, messageList, Recorder, writingLine } from "../talk.mjs";
import { say } from "../text.mjs";

/** @param {{ draw: () => void, notify: (text: string, bad?: boolean) => void, mayOrder: boolean }} act */
export function talkSide(act) {
  /** @type {{ id: string, unit: string } | null} */
  let open = null;
  /** @type {import("../talk.mjs").Message[]} */
  let messages = [];
  let draft = emptyDraft(), key = newKey(), sending = false;
  const recorder = new Recorder(() => act.draw());

  const load = async () => {
    const asked = open?.id;
    if (!asked) return;
    try {
      const found = (await get(`/deliveries/${asked}/messages`)).messages;
      if (open?.id === asked) messages = found;
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    act.draw();
  };
  /** @param {string} path @param {Blob} data */
  const upload = async (path, data) => {
    const answer = await fetch(`/api/v1${path}?key=${encodeURIComponent(key)}`, { method: "POST", body: data, headers: { "Content-Type": data.type || "application/octet-stream" } });
    const value = await answer.json();
    if (!answer.ok) throw new Error(document.documentElement.lang === "en" ? value.error.en : value.error.zh);
    return value.id;
  };
  const send = async () => {
    if (!open || sending) return;
    sending = true;
    try {
      const body = {
        key, text: draft.text.trim(),
        ...(draft.photo ? { photo_id: await upload("/photos", draft.photo) } : {}),
        ...(draft.clip ? { clip_id: await upload("/clips", draft.clip) } : {}),
      };
      take(await post(`/deliveries/${open.id}/messages`, body));
      draft = emptyDraft();
      key = newKey(); // the same key until it has arrived: a repeat after a fault sends nothing twice
    } catch (error) {
      act.notify(error instanceof Error ? error.message : String(error), true);
    }
    sending = false;
    act.draw();
  };
  /** @param {import("../talk.mjs").Message} message */
  const take = (message) => {
    if (message.delivery_id !== open?.id || messages.some((known) => known.id === message.id)) return;
    messages = [...messages, message];
    act.draw();
  };

  return {
    take,
    get open() { return open; },
    /** @param {{ id: string, unit: string } | null} delivery */
    show(delivery) {
      if (open?.id === delivery?.id) return;
      open = delivery;
      messages = [];
      draft = emptyDraft();
      load();
    },
    content: () => html`<h3>${say("talk.with", { name: open?.unit ?? "" })}</h3><div class="scroll">${messageList(messages, false)}</div>
      ${act.mayOrder ? writingLine(draft, recorder, act.draw, send) : ""}`,
  };
}
