// Calling somebody by telephone. Lists only show part of a number: the whole one is asked for, and that somebody did is recorded.
import { html, render } from "lit-html";
import { post } from "./api.mjs";
import { say } from "./text.mjs";

/** The whole number of a unit, shown to be read, copied or called. @param {string} unit @returns {Promise<string>} */
export async function dial(unit) {
  const { phone } = await post(`/units/${unit}/phone`, {});
  showNumber(phone);
  return phone;
}

/**
 * A dialog with a number. It calls only when asked to: on a desk without a telephone program the system would put a window of its own over the wall.
 * @param {string} phone
 */
export function showNumber(phone) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask number-dialog";
  document.body.append(dialog);
  const end = () => { dialog.close(); dialog.remove(); };
  const copy = async (/** @type {MouseEvent} */ event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    try {
      await navigator.clipboard.writeText(phone);
      button.textContent = say("phone.copied");
    } catch {
      // no clipboard without TLS: the number is chosen, and the keyboard copies it
      getSelection()?.selectAllChildren(/** @type {HTMLElement} */ (dialog.querySelector("output")));
      button.textContent = say("phone.chosen");
    }
  };
  dialog.addEventListener("cancel", end);
  render(html`<output>${phone}</output><p class="hint">${say("phone.recorded")}</p>
    <div class="actions"><button autofocus data-copy @click=${copy}>${say("phone.copy")}</button><a class="button" href=${`tel:${phone}`}>${say("phone.call")}</a>
      <button data-close @click=${end}>${say("action.close")}</button></div>`, dialog);
  dialog.showModal();
}
