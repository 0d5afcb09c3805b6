// The browser's part of the dispatch panel: opening it for a place, for people or to widen an order; templates; drawing.
// What it says and sends is Dash's: layouts/dispatch.py and callbacks/dispatch.py.
import { shapeTool } from "../map/shape.mjs";

const set = (/** @type {string} */ id, /** @type {Record<string, unknown>} */ props) => window.dash_clientside.set_props(id, props);
const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import("leaflet").Map} map @param {(text: string | null) => void} hint
 * @param {(order: string) => void} sent called with the id of an order that went out @param {(open: boolean) => void} opened
 */
export function dispatchPanel(map, hint, sent, opened) {
  const panel = find("dispatch");
  const shape = shapeTool(map, (chosen) => {
    set("dispatch-shape", { data: chosen });
    find("dispatch-clear").hidden = chosen === null;
  }, hint);
  const radius = () => Number(/** @type {HTMLInputElement} */ (find("dispatch-radius")).value) || 1000;
  const show = (/** @type {boolean} */ open) => { panel.hidden = !open; opened(open); };

  find("dispatch-lasso").addEventListener("click", () => shape.lasso());
  find("dispatch-circle").addEventListener("click", () => shape.circle(radius));
  find("dispatch-clear").addEventListener("click", () => shape.clear());
  find("dispatch-close").addEventListener("click", () => { shape.clear(); show(false); });
  find("dispatch-templates").addEventListener("click", (event) => {
    const chosen = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!chosen) return;
    set("dispatch-title", { value: chosen.dataset.title });
    set("dispatch-text", { value: chosen.dataset.text });
    set("dispatch-kind", { data: chosen.dataset.kind });
  });
  window.addEventListener("yiping:sent", (event) => {
    const result = /** @type {CustomEvent} */ (event).detail;
    if (!result.order) return;
    shape.clear();
    show(false);
    set("dispatch-title", { value: "" });
    set("dispatch-text", { value: "" });
    set("dispatch-kind", { data: "task" });
    set("dispatch-done-when", { value: "each" });
    sent(result.order);
  });

  return {
    get open() { return !panel.hidden; },
    get drawing() { return shape.drawing; },
    /** Start an order: to an area, to people of it, or to more people of an order that runs. @param {{ area: string, units?: string[], names?: string[], order?: string, title?: string }} target */
    start(target) {
      panel.classList.toggle("adding", Boolean(target.order));
      set("dispatch-target", { data: target });
      show(true);
      panel.scrollIntoView({ block: "start" });
    },
    /** The chosen area changed: an order that is being written follows. @param {string} area */
    follow(area) {
      if (!panel.hidden && !panel.classList.contains("adding")) set("dispatch-target", { data: { area } });
    },
  };
}
