// Rings around those who have not answered the order whose reach board is open.
import { GONE } from "../live/frames.mjs";
import { dots, dotSize } from "./dots.mjs";

/** @param {import("leaflet").Map} map @param {import("../live/frames.mjs").People} people */
export function silentLayer(map, people) {
  /** @type {number[]} */
  let numbers = [];
  const layer = dots(map, "silent", 455, (context, project, _zoom, now) => {
    const radius = dotSize() * 3.4, { x: width, y: height } = map.getSize();
    context.strokeStyle = "#FF6B6B";
    context.lineWidth = radius / 3;
    context.beginPath();
    let seen = 0;
    for (const number of numbers) {
      if (number >= people.lon.length || people.lon[number] === GONE) continue;
      const [x, y] = project(...people.shown(number, now));
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
      seen += 1;
    }
    context.stroke();
    return seen > 0;
  });
  people.listen(() => { if (numbers.length) layer.plan(); });
  return {
    /** @param {number[]} next */
    show(next) { numbers = next; layer.plan(); },
  };
}
