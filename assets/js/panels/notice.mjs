// Short notices, and the question before something that cannot be undone.
import { html } from "lit-html";
import { ask } from "../dialog.mjs";
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
    confirm: (question) => ask((end) => html`<p>${question}</p>
      <div class="actions"><button autofocus @click=${() => end(false)}>${say("action.back")}</button>
        <button class="danger" @click=${() => end(true)}>${say("action.confirm")}</button></div>`, false),
  };
}
