// The desk's side of the talk with one recipient of an order.
import { html } from "lit-html";
import { get, newKey, post, upload } from "../api.mjs";
import { emptyDraft, messageList, Recorder, writingLine } from "../talk.mjs";
import { say } from "../text.mjs";

/** @param {{ draw: () => void, notify: (text: string, bad?: boolean) => void, mayOrder: boolean }} act */
export function talkSide(act) {
  /** @type {{ id: string, unit: string } | null} */
  let open = null;
  /** @type {import("../talk.mjs").Message[]} */
  let messages = [];
  let draft = emptyDraft(), key = newKey(), sending = false;
  /** What the key was made for. @type {import("../talk.mjs").Draft | null} */
  let keyOf = null;
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
  const send = async () => {
    if (!open || sending) return;
    sending = true;
    // What is sent, and to whom, is what was there at the tap: somebody may choose another person while a photo is under way.
    const to = open, mine = draft, { text, photo, clip } = mine;
    // the same key for the same message: a repeat after a fault sends nothing twice
    if (keyOf?.text !== text || keyOf.photo !== photo || keyOf.clip !== clip) [key, keyOf] = [newKey(), { text, photo, clip }];
    const under = key;
    try {
      const body = {
        key: under, text: text.trim(),
        ...(photo ? { photo_id: (await upload("/photos", under, photo)).id } : {}),
        ...(clip ? { clip_id: (await upload("/clips", under, clip)).id } : {}),
      };
      take(await post(`/deliveries/${to.id}/messages`, body));
      if (draft === mine) draft = emptyDraft();
      if (key === under) [key, keyOf] = [newKey(), null];
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
    /** Read it again: something may have been written while there was no connection. */
    load,
    get open() { return open; },
    /** @param {{ id: string, unit: string } | null} delivery */
    show(delivery) {
      if (open?.id === delivery?.id) return;
      recorder.cancel();
      open = delivery;
      messages = [];
      draft = emptyDraft();
      [key, keyOf] = [newKey(), null];
      load();
    },
    content: () => html`<h3>${say("talk.with", { name: open?.unit ?? "" })}</h3><div class="scroll">${messageList(messages, false)}</div>
      ${act.mayOrder ? writingLine(draft, recorder, act.draw, send) : ""}`,
  };
}
