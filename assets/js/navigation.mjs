// The address holds the place: `/?area=510104…`. Browser back, Dash links and our own taps all pass here.

/** What the address asks for. @returns {{ area: string, unit: string }} */
export function wanted() {
  const query = new URLSearchParams(location.search);
  return { area: query.get("area") ?? "", unit: query.get("unit") ?? "" };
}

/** Go to an area, adding to the history. @param {string} area */
export function goTo(area) {
  if (wanted().area === area) return;
  history.pushState({}, "", `/?area=${area}`);
  // Dash's Location hears this, and so do we.
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}

/** Call `heard` whenever the address has changed. @param {() => void} heard */
export function onChange(heard) {
  window.addEventListener("popstate", heard);
  window.addEventListener("_dashprivate_pushstate", () => queueMicrotask(heard));
}
