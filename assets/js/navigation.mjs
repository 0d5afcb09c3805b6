// The address holds the place: `/?area=510104…`. Browser back, Dash links and our own taps all pass here.

/** What the address asks for. @returns {{ area: string, unit: string, ticket: string, order: string }} */
export function wanted() {
  const query = new URLSearchParams(location.search), named = (/** @type {string} */ name) => query.get(name) ?? "";
  return { area: named("area"), unit: named("unit"), ticket: named("ticket"), order: named("order") };
}

/** Go to an area, adding to the history. @param {string} area */
export function goTo(area) {
  if (wanted().area === area) return;
  const { order } = wanted();
  history.pushState({}, "", `/?area=${area}${order ? `&order=${order}` : ""}`);
  // Dash's Location hears this, and so do we.
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}

/** Keep the open order in the address: a reload and a colleague's link open it again. @param {string | null} order null: none is open */
export function keepOrder(order) {
  const { area } = wanted();
  if (order) history.replaceState(history.state, "", `/?${area ? `area=${area}&` : ""}order=${order}`);
  else history.replaceState(history.state, "", area ? `/?area=${area}` : "/");
}

/** Call `heard` whenever the address has changed. @param {() => void} heard */
export function onChange(heard) {
  window.addEventListener("popstate", heard);
  window.addEventListener("_dashprivate_pushstate", () => queueMicrotask(heard));
}
