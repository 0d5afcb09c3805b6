// Key figures of the chosen area: people on duty, unanswered, tickets, cameras, warnings by level. Each with its reference.
import { html, render } from "lit-html";

import { isDetail } from "../codes.mjs";
import { count } from "../format.mjs";
import { LEVELS } from "../levels.mjs";
import { redTickets, warningCounts } from "../summary.mjs";
import { say } from "../text.mjs";

/** @param {HTMLElement} root @param {import("../live/picture.mjs").Picture} picture @param {() => string} areaName @param {{ tickets: () => void, warnings: () => void }} act */
export function figuresPanel(root, picture, areaName, act) {
  const draw = () => {
    const row = picture.layers.figures.get(picture.area);
    if (!row) return render(html`<p class="empty">${say("state.loading")}</p>`, root);
    root.hidden = isDetail(picture.area); // a small place has its own panels
    const warnings = warningCounts(picture), red = redTickets(picture);
    const running = [...picture.layers.orders.values()].filter((order) => (order.counts.queued ?? 0) + (order.counts.delivered ?? 0) > 0).length;
    const figure = (/** @type {string} */ key, /** @type {number} */ value, /** @type {string} */ hint, alert = false) => html`
      <div class="figure"><span>${say(key)}</span><b class="number ${alert ? "alert" : ""}" data-figure=${key}>${count(value)}</b><small class=${alert && key === "figure.tickets" ? "alert" : ""}>${hint}</small></div>`;
    return render(html`
      <header><h2>${areaName()}</h2><span class="hint">${picture.area}</span></header>
      <div class="figures">
        ${figure("figure.on_duty", row.on_duty, say("figure.units", { n: count(row.units) }))}
        ${figure("figure.unanswered", row.unanswered, say("figure.orders", { n: running }), row.unanswered > 0)}
        ${figure("figure.tickets", row.tickets, [...(red ? [say("figure.red", { n: red })] : []), row.overdue ? say("figure.overdue", { n: row.overdue }) : say("figure.not_overdue")].join(" · "), red > 0 || row.overdue > 0)}
        ${figure("figure.video_online", row.video_online, say("figure.video", { n: count(row.video) }))}
      </div>
      <div class="warning-tiles">
        ${LEVELS.map((level) => html`<button class="tile ${level} ${warnings[level] ? "" : "none"}" title=${say("warning.title")} @click=${act.warnings}><b class="number">${warnings[level]}</b><span>${say(`level_long.${level}`)}</span></button>`)}
      </div>`, root);
  };
  picture.listen((touched) => { if (["figures", "warnings", "tickets", "orders"].some((layer) => touched.has(layer))) draw(); });
  return draw;
}
