// Short notices, and the question before something that cannot be undone.
import { html, render } from "lit-html";
import { say } from "../text.mjs";

/** @param {HTMLElement} root */
export function notices(root) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** A hint that stays until it is taken away (null). @param {string | null} text */
  const hint = (text) => { clearTimeout(timer); root.hidden = text === null; root.className = "notice"; root.textContent = text ?? ""; };
  return {
    hint,
    /** @param {string} text @param {boolean} [bad] */
    notify(text, bad = false) {
      hint(text);
      root.classList.toggle("bad", bad);
      timer = setTimeout(() => hint(null), bad ? 9000 : 4000);
    },
    /** @param {string} question @returns {Promise<boolean>} */
    confirm(question) {
      const dialog = document.createElement("dialog");
      dialog.className = "ask";
      document.body.append(dialog);
      return new Promise((resolve) => {
        const end = (/** @type {boolean} */ yes) => { dialog.close(); dialog.remove(); resolve(yes); };
        dialog.addEventListener("cancel", () => end(false));
        render(html`<p>${question}</p><div class="actions"><button autofocus @click=${() => end(false)}>${say("action.back")}</button>
          <button class="danger" @click=${() => end(true)}>${say("action.confirm")}</button></div>`, dialog);
        dialog.showModal();
      });
    },
  };
}
