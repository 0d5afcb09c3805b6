// Sharing the phone's position: on by choice, sent at most every ten seconds; what cannot be sent is not kept (only where we are now matters).

const EVERY_MS = 10_000;

export class Sharing extends EventTarget {
  /** @param {string} unit id of the unit */
  constructor(unit) {
    super();
    this.unit = unit;
    /** @type {GeolocationPosition | null} */
    this.last = null;
    /** A catalogue key of what is wrong, or empty. */
    this.problem = "";
    this.sentAt = 0;
    /** @type {number | null} */
    this.watch = null;
  }

  get on() { return this.watch !== null; }

  start() {
    if (this.on || !navigator.geolocation) return;
    this.watch = navigator.geolocation.watchPosition((position) => this.#moved(position), (error) => this.#failed(error), { enableHighAccuracy: true, maximumAge: 5000, timeout: 20_000 });
    localStorage.setItem("yiping-sharing", "1");
    this.dispatchEvent(new Event("changed"));
  }

  stop() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    localStorage.removeItem("yiping-sharing");
    this.dispatchEvent(new Event("changed"));
  }

  /** Where we are, asked anew if need be. @returns {Promise<{ lon: number, lat: number, accuracy: number } | null>} */
  async here() {
    const fresh = this.last && Date.now() - this.last.timestamp < 30_000 ? this.last : await new Promise((resolve) => {
      if (!navigator.geolocation) return resolve(null);
      navigator.geolocation.getCurrentPosition(resolve, (error) => { this.#failed(error); resolve(this.last); }, { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 });
    });
    if (fresh) { this.last = fresh; this.problem = ""; }
    return fresh ? { lon: round(fresh.coords.longitude), lat: round(fresh.coords.latitude), accuracy: Math.round(fresh.coords.accuracy) } : null;
  }

  /** @param {GeolocationPosition} position */
  async #moved(position) {
    this.last = position;
    this.problem = "";
    this.dispatchEvent(new Event("changed"));
    if (Date.now() - this.sentAt < EVERY_MS || !navigator.onLine) return;
    this.sentAt = Date.now();
    const { longitude, latitude, accuracy, heading } = position.coords;
    const body = { unit: this.unit, lon: round(longitude), lat: round(latitude), at: new Date(position.timestamp).toISOString(), accuracy_m: Math.round(accuracy), heading: Number.isFinite(heading) ? heading : 0 };
    await fetch("/api/v1/positions", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }).catch(() => null);
  }

  /** @param {GeolocationPositionError} error */
  #failed(error) {
    this.problem = error.code === error.PERMISSION_DENIED ? "unit.location_denied" : "unit.location_unavailable";
    this.dispatchEvent(new Event("changed"));
  }
}

/** @param {number} degrees */
const round = (degrees) => Math.round(degrees * 1e6) / 1e6;
