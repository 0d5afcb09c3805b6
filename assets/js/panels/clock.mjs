// The clock, and the age of the picture: a frozen wall that looks alive is the worst bug that we can have.
import { clockTime, dayName } from "../format.mjs";
import { say } from "../text.mjs";

const STALE_MS = 4000;

/** @param {HTMLElement} clock @param {HTMLElement} age @param {HTMLElement} wall @param {import("../live/connection.mjs").Connection} connection */
export function clockPanel(clock, age, wall, connection) {
  const tick = () => {
    clock.textContent = clockTime(connection.now());
    clock.title = dayName(connection.now());
    const old = connection.heardAt ? Date.now() - connection.heardAt : 0;
    const cut = !connection.connected, stale = cut || old > STALE_MS;
    const since = old < 90_000 ? say("age.ago", { s: (old / 1000).toFixed(old < 10_000 ? 1 : 0) }) : say("age.minutes", { m: Math.floor(old / 60_000) });
    if (!connection.heardAt) age.textContent = say("age.connecting");
    else age.replaceChildren(Object.assign(document.createElement("b"), { textContent: say(cut ? "age.cut" : "age.live") }), ` ${since}`);
    age.classList.toggle("stale", stale);
    wall.classList.toggle("cut", stale && connection.heardAt > 0);
    wall.dataset.age = String(old);
    wall.dataset.stale = stale && connection.heardAt ? say("age.stale", { age: old < 90_000 ? say("age.frozen_s", { s: Math.round(old / 1000) }) : say("age.frozen_m", { m: Math.floor(old / 60_000) }), time: clockTime(connection.heardAt + connection.ahead) }) : "";
  };
  tick();
  setInterval(tick, 250);
}
