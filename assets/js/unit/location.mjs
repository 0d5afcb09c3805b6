// Sharing the phone's position: on by choice. The newest is sent at most every ten seconds, again when it could not be sent, and once a
// minute while nothing moves; what is older is not kept (only where we are now matters).
import { heardFrom, serverTime } from "./server_clock.mjs";

export const EVERY_MS = 10_000;
export const STILL_MS = 60_000;

export class Sharing extends EventTarget {
  /**
   * @param {string} unit id of the unit @param {import("./keeping.mjs").Keeping} keeping
   * @param {{ request?: typeof fetch, geolocation?: Geolocation, every?: number, still?: number }} [options]
   */
  constructor(unit, keeping, options = {}) {
    super();
    this.unit = unit;
    this.keeping = keeping;
    this.request = options.request ?? ((...all) => fetch(...all));
    this.geolocation = options.geolocation ?? navigator.geolocation;
    this.every = options.every ?? EVERY_MS;
    this.still = options.still ?? STILL_MS;
    /** @type {GeolocationPosition | null} */
    this.last = null;
    /** A catalogue key of what is wrong, or empty. */
    this.problem = "";
    /** What the server says of the last position, or empty. */
    this.refused = "";
    this.sentAt = 0;
    /** @type {number | null} */
    this.watch = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.sending = false;
  }

  get on() { return this.watch !== null; }

  start() {
    if (this.on || !this.geolocation) return;
    this.watch = this.geolocation.watchPosition((position) => this.#moved(position), (error) => this.#failed(error), { enableHighAccuracy: true, maximumAge: 5000, timeout: 20_000 });
    this.keeping.setItem("yiping-sharing", "1");
    this.dispatchEvent(new Event("changed"));
  }

  stop() {
    if (this.watch !== null) this.geolocation.clearWatch(this.watch);
    this.watch = null;
    clearTimeout(this.timer);
    this.keeping.removeItem("yiping-sharing");
    this.dispatchEvent(new Event("changed"));
  }

  /** Where we are, asked anew if need be. @returns {Promise<{ lon: number, lat: number, accuracy: number } | null>} */
  async here() {
    const fresh = this.last && Date.now() - this.last.timestamp < 30_000 ? this.last : await new Promise((resolve) => {
      if (!this.geolocation) return resolve(null);
      this.geolocation.getCurrentPosition(resolve, (error) => { this.#failed(error); resolve(this.last); }, { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 });
    });
    if (fresh) { this.last = fresh; this.problem = ""; }
    return fresh ? { lon: round(fresh.coords.longitude), lat: round(fresh.coords.latitude), accuracy: Math.round(fresh.coords.accuracy) } : null;
  }

  /** @param {GeolocationPosition} position */
  #moved(position) {
    this.last = position;
    this.problem = "";
    this.dispatchEvent(new Event("changed"));
    this.#soon(this.every - (Date.now() - this.sentAt));
  }

  /** @param {number} wait milliseconds until the newest position is sent */
  #soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#send(), Math.max(0, wait));
  }

  async #send() {
    if (!this.on || !this.last || this.sending) return;
    this.sending = true;
    this.sentAt = Date.now();
    const sent = this.last, { longitude, latitude, accuracy, heading } = sent.coords;
    // Somebody who stands still is still there: the fix is as fresh as the watch that would have told otherwise.
    const at = serverTime(Math.min(Date.now(), Math.max(sent.timestamp, Date.now() - this.every)));
    const body = { unit: this.unit, lon: round(longitude), lat: round(latitude), at, accuracy_m: Math.round(accuracy), heading: Number.isFinite(heading) ? heading : 0 };
    let well = false;
    try {
      const answer = heardFrom(await this.request("/api/v1/positions", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal: AbortSignal.timeout(15_000) }));
      well = answer.ok;
      this.refused = answer.ok || answer.status >= 500 ? "" : (await answer.json().catch(() => null))?.error?.zh ?? `HTTP ${answer.status}`;
    } catch { /* no network: again below */ }
    this.sending = false;
    this.dispatchEvent(new Event("changed"));
    if (this.on) this.#soon(!well || this.last !== sent ? this.every : this.still);
  }

  /** @param {GeolocationPositionError} error */
  #failed(error) {
    this.problem = error.code === error.PERMISSION_DENIED ? "unit.location_denied" : "unit.location_unavailable";
    this.dispatchEvent(new Event("changed"));
  }
}

/** @param {number} degrees */
const round = (degrees) => Math.round(degrees * 1e6) / 1e6;
