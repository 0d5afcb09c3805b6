// What is broken in the system without stopping it; only administrators are told.
import { html, render } from "lit-html";
import { minuteTime } from "../format.mjs";
import { say } from "../text.mjs";

/** @param {HTMLElement} root @param {EventTarget} connection */
export function troublesPanel(root, connection) {
  connection.addEventListener("troubles", (event) => {
    /** @type {any[]} */
    const list = /** @type {CustomEvent} */ (event).detail;
    root.hidden = list.length === 0;
    const english = document.documentElement.lang === "en";
    render(html`<details><summary>${say("trouble.title", { n: list.length })}</summary><ul>
      ${list.map((one) => html`<li>${english ? one.en : one.zh}<small>${say("trouble.since", { at: minuteTime(one.since), n: one.times })}</small></li>`)}</ul></details>`, root);
  });
}
