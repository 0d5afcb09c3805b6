// What the page around our modules provides.
import type * as Leaflet from "leaflet";

declare global {
  interface Window {
    L: typeof Leaflet;
    yipingMap: Promise<Leaflet.Map>;
    dash_clientside: {
      no_update: unknown;
      set_props: (id: string, props: Record<string, unknown>) => void;
      yiping?: Record<string, (...values: unknown[]) => unknown>;
    };
  }
}
export {};
