// The bridge between Dash and our modules. A classic script: it must run before Dash draws the map,
// which a module cannot promise. Dash includes it by itself.
(() => {
  /** @type {(map: import("leaflet").Map) => void} */
  let found = () => {};
  window.yipingMap = new Promise((resolve) => { found = resolve; });
  const hook = () => window.L.Map.addInitHook(function () {
    // @ts-ignore -- Leaflet calls the hook with the map as `this`
    found(this);
  });
  if (window.L) hook();
  else {
    /** @type {any} */
    let leaflet;
    Object.defineProperty(window, "L", {
      configurable: true,
      get: () => leaflet,
      set: (value) => {
        leaflet = value;
        Object.defineProperty(window, "L", { value, writable: true, configurable: true });
        if (value?.Map?.addInitHook) hook();
      },
    });
  }

  window.dash_clientside = window.dash_clientside ?? /** @type {any} */ ({});
  window.dash_clientside.yiping = {
    /** An order went out (or could not): tell the modules. */
    sent: (sent) => {
      if (sent) window.dispatchEvent(new CustomEvent("yiping:sent", { detail: sent }));
      return window.dash_clientside.no_update;
    },
  };
})();
