// A question or a number over everything: it holds the keyboard until it is ended.
import { render } from "lit-html";

/**
 * Show a dialog and wait for its end. @template T
 * @param {(end: (answer: T) => void) => unknown} content what it shows, with what ends it @param {T} cancelled the answer of Escape
 * @param {string} [look] a class of its own @returns {Promise<T>}
 */
export function ask(content, cancelled, look = "") {
  const dialog = document.createElement("dialog");
  dialog.className = `ask ${look}`;
  document.body.append(dialog);
  return new Promise((resolve) => {
    const end = (/** @type {T} */ answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    dialog.addEventListener("cancel", () => end(cancelled));
    render(/** @type {any} */ (content(end)), dialog);
    dialog.showModal();
  });
}
