// Buttons of the map: closer, farther, and back to the open area, for who has lost their way.
import { say } from "../text.mjs";

/** @param {import("leaflet").Map} map @param {() => void} home */
export function homeControl(map, home) {
  const control = new window.L.Control({ position: "bottomright" });
  control.onAdd = () => {
    const box = document.createElement("div");
    box.className = "map-home";
    window.L.DomEvent.disableClickPropagation(box);
    for (const [sign, words, run] of /** @type {[string, string, () => void][]} */ ([["+", "map.zoom_in", () => map.zoomIn()], ["−", "map.zoom_out", () => map.zoomOut()], ["⌂", "map.home", home]])) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, title: say(words) });
      button.setAttribute("aria-label", say(words));
      button.addEventListener("click", run);
      box.append(button);
    }
    return box;
  };
  control.addTo(map);
}
