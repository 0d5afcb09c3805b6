// Calling somebody by telephone. Lists only show part of a number: the whole one is asked for, and that somebody did is recorded.
import { html } from "lit-html";
import { post } from "./api.mjs";
import { ask } from "./dialog.mjs";
import { say } from "./text.mjs";

/** The whole number of a unit, shown to be read, copied or called. @param {string} unit @returns {Promise<string>} */
export async function dial(unit) {
  const { phone } = await post(`/units/${unit}/phone`, {});
  void showNumber(phone);
  return phone;
}

/**
 * A dialog with a number. It calls only when asked to: without a telephone program the system would put a window of its own over the wall.
 * @param {string} phone
 */
export function showNumber(phone) {
  return ask((end) => html`<output>${phone}</output><p class="hint">${say("phone.recorded")}</p>
    <div class="actions">
      <button autofocus data-copy @click=${(/** @type {MouseEvent} */ event) => copy(phone, event)}>${say("phone.copy")}</button>
      <a class="button" href=${`tel:${phone}`}>${say("phone.call")}</a>
      <button data-close @click=${() => end(undefined)}>${say("action.close")}</button></div>`, undefined, "number-dialog");
}

/** @param {string} phone @param {MouseEvent} event */
async function copy(phone, event) {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  try {
    await navigator.clipboard.writeText(phone);
    button.textContent = say("phone.copied");
  } catch {
    // no clipboard without TLS: the number is chosen, and the keyboard copies it
    getSelection()?.selectAllChildren(/** @type {HTMLElement} */ (button.closest("dialog")?.querySelector("output")));
    button.textContent = say("phone.chosen");
  }
}
