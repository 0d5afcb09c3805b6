// Tickets one by one where there is room: from the community down, or when few are in view. Far up the area's badge counts them.
import { isDetail } from "../codes.mjs";
import { say } from "../text.mjs";

const MOST = 60;

/**
 * @param {import("leaflet").Map} map @param {import("../live/picture.mjs").Picture} picture @param {(id: string) => void} open
 */
export function ticketLayer(map, picture, open) {
  const group = window.L.layerGroup().addTo(map);
  map.createPane("tickets").style.zIndex = "620";
  let visible = true;
  const draw = () => {
    group.clearLayers();
    const near = isDetail(picture.area) || picture.layers.tickets.size <= MOST && picture.area.length >= 9;
    if (!visible || !near) return;
    for (const ticket of [...picture.layers.tickets.values()].slice(0, MOST)) {
      const mark = document.createElement("button");
      mark.className = `ticket-mark badge ${ticket.level}`;
      mark.type = "button";
      mark.textContent = `${say(`level.${ticket.level}`)} ${say(`ticket.${ticket.kind}`)}`;
      mark.addEventListener("click", (event) => { event.stopPropagation(); open(ticket.id); });
      const icon = window.L.divIcon({ className: "ticket-at", html: mark, iconSize: [0, 0] });
      window.L.marker([ticket.lat, ticket.lon], { icon, pane: "tickets", keyboard: false }).addTo(group);
    }
  };
  picture.listen((touched) => { if (touched.has("tickets")) draw(); });
  return {
    draw,
    /** @param {boolean} shown */
    toggle(shown) { visible = shown; draw(); },
  };
}
