// The browser's part of the dispatch panel: opening it for a place, for people or to widen an order; templates; drawing.
// What it says and sends is Dash's: layouts/dispatch.py and callbacks/dispatch.py.
import { shapeTool } from "../map/shape.mjs";

const set = (/** @type {string} */ id, /** @type {Record<string, unknown>} */ props) => window.dash_clientside.set_props(id, props);
const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import("leaflet").Map} map @param {{ hint: (text: string | null) => void, area: () => string, connected: () => boolean }} about
 * @param {(order: string) => void} sent called with the id of an order that went out @param {(open: boolean) => void} opened
 */
export function dispatchPanel(map, about, sent, opened) {
  const { hint } = about;
  const panel = find("dispatch"), here = find("dispatch-here"), offline = find("dispatch-offline"), dialog = find("dispatch-confirm");
  /** What the order is for. @type {{ area: string, units?: string[], names?: string[], order?: string, title?: string }} */
  let target = { area: "" };
  /** Where the keyboard was before the question. @type {HTMLElement | null} */
  let before = null;
  const shape = shapeTool(map, (chosen) => {
    set("dispatch-shape", { data: chosen });
    find("dispatch-clear").hidden = chosen === null;
  }, hint);
  const radius = () => Number(/** @type {HTMLInputElement} */ (find("dispatch-radius")).value) || 1000;
  const show = (/** @type {boolean} */ open) => { panel.hidden = !open; opened(open); };

  // The question stands over everything and holds the keyboard; Dash only says whether it is asked.
  new MutationObserver(() => {
    const asked = !dialog.hidden;
    panel.classList.toggle("asking", asked);
    if (asked) { before = /** @type {HTMLElement} */ (document.activeElement); find("dispatch-confirm-cancel").focus(); }
    else if (before) { if (!panel.hidden) before.focus(); before = null; }
  }).observe(dialog, { attributes: true, attributeFilter: ["hidden"] });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    event.preventDefault();
    find(document.activeElement?.id === "dispatch-confirm-cancel" ? "dispatch-confirm-send" : "dispatch-confirm-cancel").focus();
  });
  const connected = (/** @type {boolean} */ up) => {
    offline.hidden = up;
    for (const id of ["dispatch-send", "dispatch-confirm-send"]) find(id).classList.toggle("cut", !up);
  };
  // while there is no connection nothing is sent, and it is said: caught before Dash hears of the tap
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest?.("#dispatch-send, #dispatch-confirm-send");
    if (!button || about.connected()) return;
    event.stopPropagation();
    event.preventDefault();
    connected(false);
    if (!dialog.hidden) find("dispatch-confirm-cancel").click();
  }, true);
  here.addEventListener("click", () => { target = { area: about.area() }; shape.clear(); set("dispatch-target", { data: target }); here.hidden = true; });
  find("dispatch-radius").addEventListener("change", () => { shape.resize(radius()); });
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
    /** Start an order: to an area, to people of it, or to more people of an order that runs. @param {{ area: string, units?: string[], names?: string[], order?: string, title?: string }} wanted */
    start(wanted) {
      target = wanted;
      here.hidden = true;
      connected(about.connected());
      panel.classList.toggle("adding", Boolean(target.order));
      set("dispatch-target", { data: target });
      show(true);
      panel.scrollIntoView({ block: "start" });
      find("dispatch-title").focus({ preventScroll: true });
    },
    /** Another area is open: an order that is being written stays with its own, and offers to change. @param {string} area */
    moved(area) { here.hidden = panel.hidden || panel.classList.contains("adding") || area === target.area; },
    /** @param {boolean} up */
    online: connected,
    /** Close the question, the drawing or the panel; false when nothing was open. */
    escape() {
      if (panel.hidden) return false;
      if (!dialog.hidden) find("dispatch-confirm-cancel").click();
      else if (shape.drawing) shape.clear();
      else find("dispatch-close").click();
      return true;
    },
  };
}
