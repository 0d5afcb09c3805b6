// The wall begins here: waits for Dash's layout, connects the stores to the spine, and the panels and layers to the stores.
import { get, Refused } from "./api.mjs";
import { isDetail } from "./codes.mjs";
import { liveLink } from "./link.mjs";
import { Colours } from "./live/colours.mjs";
import { Connection } from "./live/connection.mjs";
import { People } from "./live/frames.mjs";
import { Picture } from "./live/picture.mjs";
import { AreaLayer } from "./map/areas.mjs";
import { amapLayer } from "./map/gcj02.mjs";
import { fenceLayer } from "./map/fences.mjs";
import { Labels } from "./map/labels.mjs";
import { MicroGridLayer } from "./map/micro_grids.mjs";
import { peopleLayer, personAt } from "./map/people.mjs";
import { silentLayer } from "./map/silent.mjs";
import { ticketLayer } from "./map/tickets.mjs";
import { cameraAt, videoLayer } from "./map/video.mjs";
import { DeskQueue } from "./live/desk.mjs";
import { goTo, keepOrder, onChange, wanted } from "./navigation.mjs";
import { attentionPanel } from "./panels/attention.mjs";
import { cardPanel } from "./panels/card.mjs";
import { deskPanel } from "./panels/desk.mjs";
import { intakePanel } from "./panels/intake.mjs";
import { searchKeys } from "./panels/search.mjs";
import { ticketsPanel } from "./panels/tickets.mjs";
import { warningsPanel } from "./panels/warnings.mjs";
import { homeControl } from "./map/home.mjs";
import { placeNames } from "./place_names.mjs";
import { clockPanel } from "./panels/clock.mjs";
import { dispatchPanel } from "./panels/dispatch.mjs";
import { eventsPanel } from "./panels/events.mjs";
import { fencesPanel } from "./panels/fences.mjs";
import { figuresPanel } from "./panels/figures.mjs";
import { filtersPanel } from "./panels/filters.mjs";
import { layersBar } from "./panels/layers.mjs";
import { notices } from "./panels/notice.mjs";
import { orderPanel } from "./panels/order.mjs";
import { ordersPanel } from "./panels/orders.mjs";
import { peoplePanel } from "./panels/people.mjs";
import { placePanel } from "./panels/place.mjs";
import { policiesPanel } from "./panels/policies.mjs";
import { tabs } from "./panels/tabs.mjs";
import { todoPanel } from "./panels/todo.mjs";
import { troublesPanel } from "./panels/troubles.mjs";
import { dial } from "./phone.mjs";
import { loadText, say } from "./text.mjs";

const REDRAW_MS = 5000; // panels that show how long something has taken

/** @param {string} id @returns {HTMLElement} */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Safari has no idle callbacks: there it is a moment later. @param {() => void} then */
const whenIdle = (then) => ("requestIdleCallback" in window ? requestIdleCallback(then, { timeout: 10_000 }) : setTimeout(then, 1000));
/** Once what has been set is on the screen. @param {() => void} then */
const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));

/** Wait for an element that Dash will draw. @param {string} id @returns {Promise<HTMLElement>} */
async function appears(id) {
  for (;;) {
    const element = document.getElementById(id);
    if (element) return element;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

async function begin() {
  const wall = await appears("wall");
  const boot = JSON.parse(wall.dataset.boot ?? "{}");
  document.documentElement.lang = boot.language === "en" ? "en" : "zh-CN";
  await loadText(boot.language);
  const map = await window.yipingMap;
  if (boot.basemap === "amap") amapLayer(map);
  map.attributionControl.setPrefix(false);

  const picture = new Picture();
  const people = new People();
  const colours = new Colours();
  const connection = new Connection(picture, people, colours);
  // Tests and measurements look at the stores here; nothing of the wall does.
  Object.assign(wall, { yiping: { picture, people, colours, connection, map, namesOfPeople: () => dotsOfPeople.named } });
  const now = () => connection.now();
  const may = (/** @type {string} */ permission) => boot.permissions.includes(permission);
  const notice = notices(find("notice"));

  /** Names of the areas that are on the map, and of the chosen one. @type {Map<string, string>} */
  const names = new Map();
  const nameOf = (/** @type {string} */ code) => names.get(code) ?? code;
  const area = () => wanted().area || boot.start;
  const enter = (/** @type {string} */ code) => goTo(code);
  /** Names of places that are not on the map. */
  const placeOf = placeNames(() => { for (const draw of redraw) draw(); single.draw(); });
  const named = (/** @type {string} */ code) => names.get(code) ?? (code.length <= 4 ? nameOf(code) : placeOf(code));
  const queue = new DeskQueue();
  let title = "";
  const entitle = (/** @type {string} */ place = title) => {
    title = place;
    const n = queue.items.size, whole = `${place} · ${say("product.name")}`;
    document.title = n ? say("desk.tab", { n, title: whole }) : whole;
  };

  const labels = new Labels(map);
  const tickets = ticketLayer(map, picture, labels, (id) => card.ticket(id));
  const areas = new AreaLayer(map, picture, labels, (code) => { if (!drawing()) enter(code); });
  const microGrids = new MicroGridLayer(map, colours, {
    enter, problem: (error) => notice.notify(error instanceof Error ? error.message : say("map.no_shapes"), true),
    describe: (place, value) => `${place} · ${theme === "warnings" ? say(`map.value.warnings.${value}`) : say(`map.value.${theme}`, { n: value })}`,
  });
  let theme = "tickets";
  const video = videoLayer(map);
  labels.add(() => areas.label());
  const dotsOfPeople = peopleLayer(map, people, picture, labels);
  const order = may("order") ? (/** @type {any[]} */ units) => dispatch?.start({ area: area(), units: units.map((u) => u.id), names: units.slice(0, 5).map((u) => u.name) }) : null;
  /** @type {import("leaflet").Polyline | null} */
  let trail = null;
  /** Whether a tap on the map belongs to a tool. */
  const drawing = () => dispatch?.drawing || fences.drawing || intake?.drawing;
  const link = liveLink(find("link"), connection.socket, notice.notify);
  const card = cardPanel(find("card"), {
    picture, now, notify: notice.notify, enter, mayTicket: may("ticket"), mayContact: may("contact"), scope: boot.start,
    order: may("order") ? (units) => dispatch?.start({ area: units[0].area_code, units: units.map((u) => u.id), names: units.map((u) => u.name) }) : null,
    link: may("order") ? link.ring : null,
    trail: (points) => {
      trail?.remove();
      trail = points.length ? window.L.polyline(points.map(([lon, lat]) => [lat, lon]), { color: "#3FB6E8", weight: 3, interactive: false }).addTo(map) : null;
    },
  });
  const single = orderPanel(find("order"), {
    now, notify: notice.notify, confirm: notice.confirm, enter, mayOrder: may("order"),
    close: () => closeOrder(),
    add: (chosen) => dispatch?.start({ area: area(), order: chosen.id, title: chosen.title }),
    dial,
    area, silent: silentLayer(map, people).show,
    shortName: named,
  });
  const closeOrder = () => { connection.openOrder(null); keepOrder(null); single.show(null); find("orders").hidden = false; };
  const openOrder = (/** @type {string} */ id) => { connection.openOrder(id); keepOrder(id); find("orders").hidden = true; };
  /** Panels of the right column that give way to one that is worked in. */
  const aside = (/** @type {boolean} */ open) => { wall.classList.toggle("working", open); if (open && wall.dataset.tab) bar.choose("orders"); };
  const intake = may("report") && may("ticket") ? intakePanel(find("intake"), map, { hint: notice.hint, notify: notice.notify, opened: aside, made: (id) => card.ticket(id) }) : null;
  const ticketList = ticketsPanel(find("tickets"), picture, { now, open: card.ticket, placeOf: named, opened: aside });
  const warnings = warningsPanel(find("warnings"), picture, { now, area, nameOf, scope: boot.start, mayWarn: may("warn"), open: card.warning, notify: notice.notify, confirm: notice.confirm, opened: aside });
  const dispatch = may("order") ? dispatchPanel(map, { hint: notice.hint, area, connected: () => connection.connected }, (id) => { notice.notify(say("dispatch.sent")); openOrder(id); }, (open) => {
    wall.classList.toggle("dispatching", open);
    if (open && wall.dataset.tab) bar.choose("orders");
  }) : null;
  connection.addEventListener("up", () => dispatch?.online(true));
  connection.addEventListener("down", () => dispatch?.online(false));

  const place = placePanel({ breadcrumb: find("breadcrumb"), place: find("place"), cameras: find("nearest-video") }, enter, card.video);
  const drawFigures = figuresPanel(find("figures"), picture, () => nameOf(picture.area), { tickets: () => ticketList.toggle(true), warnings: () => warnings.toggle(true) });
  const todo = todoPanel(find("todo"), picture, now, card.ticket, { scope: boot.start, placeOf: named, counted: () => bar?.draw() });
  const redraw = [
    attentionPanel(find("attention"), picture, nameOf, enter),
    peoplePanel(find("people"), picture, now, { openUnit: card.unit, openTicket: card.ticket, openWarning: card.warning, order, notify: notice.notify }),
    todo.draw, ticketList.draw, warnings.draw, card.draw,
    eventsPanel(find("events"), picture, now, enter),
    ordersPanel(find("orders"), picture, now, openOrder, named),
  ];
  const fences = fencesPanel(find("fences"), map, { area, mayOrder: may("order"), show: fenceLayer(map).show, hint: notice.hint, notify: notice.notify, confirm: notice.confirm });
  const policies = policiesPanel(find("policies"), { area, nameOf, mayAdminister: may("administer"), notify: notice.notify, confirm: notice.confirm });
  let detail = false;
  const layers = {
    areas: { on: true, toggle: (/** @type {boolean} */ on) => areas.toggle(on) },
    micro_grids: { on: true, toggle: (/** @type {boolean} */ on) => { microGrids.toggle(on); areas.filled(!microGrids.drawn); connection.colour(on ? theme : null); } },
    people: { on: true, toggle: (/** @type {boolean} */ on) => dotsOfPeople.toggle(on) },
    video: { on: false, toggle: (/** @type {boolean} */ on) => video.toggle(on) },
    tickets: { on: true, toggle: (/** @type {boolean} */ on) => tickets.toggle(on) },
    fences: { on: false, toggle: (/** @type {boolean} */ on) => fences.toggle(on) },
    warnings: { on: true, toggle: (/** @type {boolean} */ on) => areas.showWarnings(on) },
  };
  const filters = filtersPanel(find("filters"), { tickets: tickets.filter, video: video.filter });
  const drawLayers = layersBar(find("layers"), picture, people, layers, (chosen) => {
    theme = chosen;
    areas.colour(theme);
    microGrids.colour(theme);
    if (layers.micro_grids.on) connection.colour(theme);
  }, boot.device ? [] : [
    ...(dispatch ? [{ id: "dispatch-open", words: "dispatch.open", primary: true, run: () => dispatch.start({ area: area() }) }] : []),
    ...(intake ? [{ id: "intake-open", words: "intake.open", run: () => intake.toggle() }] : []),
    { id: "tickets-open", words: "ticket.open", run: () => ticketList.toggle(!ticketList.open) },
    { id: "warnings-open", words: "warning.open", run: () => warnings.toggle(!warnings.open) },
  ], filters);
  const bar = tabs(find("tabs"), wall, picture, () => todo.count + queue.items.size, () => map.invalidateSize());
  const desk = deskPanel({ panel: find("desk"), chip: find("waiting") }, queue, { now, mayTake: may("ticket") && !boot.device, sounds: !boot.device, notify: notice.notify, counted: () => { entitle(); bar.draw(); },
    go: (item) => {
      if (item.about.ticket) card.ticket(item.about.ticket);
      else if (item.about.order) { openOrder(item.about.order); if (item.kind === "message") single.talkTo(item.about.delivery, item.about.order); }
      if (item.kind === "help") map.setView([item.about.lat, item.about.lon], Math.max(map.getZoom(), 15));
    } });
  connection.follow(queue);
  homeControl(map, () => { if (own) fit(own); });
  find("policies-open").addEventListener("click", (event) => {
    /** @type {HTMLElement} */ (event.currentTarget).closest("details")?.removeAttribute("open");
    policies.toggle(!policies.open);
    if (policies.open) bar.choose("orders");
  });
  troublesPanel(find("troubles"), connection);
  connection.self = () => ({ width: innerWidth, height: innerHeight, ratio: devicePixelRatio || 1, webgl: microGrids.webgl });
  connection.theme = theme;
  const sayHow = () => {
    wall.dataset.microGrids = !microGrids.tiles ? "none" : microGrids.webgl ? "webgl" : "canvas";
    if (microGrids.tiles && !microGrids.webgl) { notice.hint(say("map.no_webgl")); setTimeout(() => notice.hint(null), 8000); }
    connection.report();
  };
  connection.addEventListener("imported", () => { placeOf.forget(); void show(true); });
  const loadTiles = async () => {
    try {
      await microGrids.load();
      microGrids.colour(theme);
      areas.filled(!microGrids.drawn);
      const promised = microGrids.webgl;
      sayHow();
      whenIdle(async () => {
        await microGrids.prepare().catch(() => {}); // said when shapes are needed and still cannot be drawn
        if (microGrids.webgl !== promised) sayHow();
      });
    } catch (error) {
      notice.notify(error instanceof Error ? error.message : say("map.no_shapes"), true);
    }
  };
  connection.addEventListener("opened", () => requestAnimationFrame(() => performance.mark("drawn:tickets")));
  people.listen(() => requestAnimationFrame(() => performance.mark("drawn:people")));
  connection.addEventListener("tiles", loadTiles);
  loadTiles();
  clockPanel(find("clock"), find("age"), wall, connection);
  setInterval(() => { for (const draw of redraw) draw(); single.draw(); desk.draw(); }, REDRAW_MS);

  connection.addEventListener("order-refused", closeOrder);
  connection.addEventListener("deliveries", (event) => {
    const list = /** @type {CustomEvent} */ (event).detail;
    single.show(list);
  });
  connection.addEventListener("opened", () => {
    single.again();
    // a cut in the middle of a drill-down: the picture has come, what is drawn is of the place before
    if (wall.dataset.shown !== area()) { loading?.abort(); void show(true); }
  });
  connection.addEventListener("message", (event) => single.message(/** @type {CustomEvent} */ (event).detail));
  connection.addEventListener("problem", (event) => notice.notify(sentence(event), true));
  connection.addEventListener("signed-out", (event) => {
    notice.notify(sentence(event), true);
    setTimeout(() => location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}&why=${/** @type {CustomEvent} */ (event).detail.code}`), 2500);
  });
  const sentence = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail[boot.language === "en" ? "en" : "zh"];

  map.on("click", (event) => {
    const point = /** @type {import("leaflet").LeafletMouseEvent} */ (event).containerPoint;
    pick(point);
  });
  /** What lies under a tap before the area below it: a camera or a person. @param {import("leaflet").Point} point */
  const pick = (point) => {
    if (drawing()) return true;
    const camera = video.at(point);
    if (camera) { cameraAt(camera).then((found) => found && card.video(found)).catch((error) => notice.notify(error.message, true)); return true; }
    const number = dotsOfPeople.visible && (isDetail(area()) || map.getZoom() >= 12) ? personAt(map, people, point) : null;
    if (number !== null) { card.unitByNumber(number); return true; }
    return microGrids.tap(map.containerPointToLatLng(point));
  };
  areas.pick = pick;

  /** @type {AbortController | null} */
  let loading = null;
  /** Shape of the open area. @type {any} */
  let own = null;
  const show = async (again = false) => {
    const code = area(), { unit, ticket } = wanted();
    if (unit && !again) card.unit(unit);
    if (ticket && !again) card.ticket(ticket);
    if (!code || (code === picture.area && !again)) return;
    loading?.abort();
    loading = new AbortController();
    const { signal } = loading;
    closeSearch();
    microGrids.hold(true);
    if (!again) connection.open(code);
    if (isDetail(code) !== detail) {
      // cameras matter in a small place; far up they would only hide the people
      detail = isDetail(code);
      layers.video.on = detail;
      video.toggle(detail);
      drawLayers();
    }
    dispatch?.moved(code);
    fences.load();
    policies.load();
    try {
      const cameras = video.load(code, signal);
      cameras.catch(() => {}); // heard below, unless the place itself cannot be shown
      const found = await get(`/areas/${code}/view`, signal), { shapes } = found;
      place.show(found);
      names.clear();
      for (const feature of shapes.features) names.set(feature.id, feature.properties.name);
      areas.show(shapes);
      const generated = shapes.features.some((/** @type {any} */ feature) => feature.properties.boundary_source === "generated");
      map.attributionControl[generated ? "addAttribution" : "removeAttribution"](say("map.generated"));
      fit(own = shapes.features.at(-1));
      drawFigures();
      for (const draw of redraw) draw();
      wall.dataset.shown = code;
      performance.mark("drawn:areas");
      entitle(nameOf(code));
      await cameras;
      performance.mark("drawn:video");
    } catch (error) {
      if (signal.aborted) return;
      const sentence = error instanceof Error ? error.message : say("map.no_shapes");
      if (error instanceof Refused) place.problem(sentence, boot.start);
      notice.notify(sentence, true);
    } finally {
      if (!signal.aborted) painted(() => microGrids.hold(false));
    }
  };
  /** Frame the chosen area between the panels. @param {any} shape */
  const fit = (shape) => {
    const bounds = window.L.geoJSON(shape).getBounds().pad(areas.leaf ? 0.35 : 0); // a micro-grid among its neighbours
    const ground = map.getContainer().getBoundingClientRect();
    const edge = (/** @type {string} */ selector) => [...document.querySelectorAll(selector)].map((e) => e.getBoundingClientRect()).filter((r) => r.width > 0);
    const left = Math.max(0, ...edge(".column-left").map((r) => r.right - ground.left)), right = Math.max(0, ...edge(".column-right").map((r) => ground.right - r.left));
    const free = ground.width - left - right > 200;
    const bottom = Math.max(0, ...edge("#layers").map((r) => ground.bottom - r.top));
    const pad = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    map.fitBounds(bounds, { paddingTopLeft: [free ? left + pad : pad, pad], paddingBottomRight: [free ? right + pad : pad, bottom + pad], animate: false });
  };

  const search = /** @type {HTMLInputElement} */ (find("search-text"));
  const closeSearch = () => {
    if (search.value) window.dash_clientside.set_props("search-text", { value: "" });
    find("search-results").hidden = true;
  };
  const toggleDispatch = () => { if (!dispatch?.escape()) dispatch?.start({ area: area() }); };
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return; // a question has the keys to itself
    const typing = /** @type {HTMLElement} */ (event.target).matches("input, textarea, select");
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
    const press = /** @type {Record<string, () => void>} */ ({
      F2: () => intake?.toggle(),
      F4: () => ticketList.toggle(!ticketList.open),
      F7: toggleDispatch,
      F8: () => warnings.toggle(!warnings.open),
      F9: () => desk.show(),
    })[event.key];
    if (press && !boot.device && !event.altKey && !event.ctrlKey) { event.preventDefault(); press(); }
    if (event.key === "Escape") escape();
    if (event.key === "Backspace" && !typing && area().length > boot.start.length) history.back();
  });
  /** The innermost thing that is open closes. */
  const escape = () => {
    if (!find("search-results").hidden || search.value) return closeSearch();
    if (dispatch?.escape()) return;
    if (!find("card").hidden) return card.close();
    if (!find("intake").hidden) return intake?.close();
    if (ticketList.open) return ticketList.toggle(false);
    if (warnings.open) return warnings.toggle(false);
    if (single.order) find("order").querySelector("button.close")?.dispatchEvent(new MouseEvent("click"));
  };
  searchKeys(search, find("search-results"), closeSearch);

  let width = innerWidth;
  window.addEventListener("resize", () => {
    if (Math.abs(innerWidth - width) < 50) return;
    width = innerWidth;
    if (own) fit(own);
  });
  onChange(() => show());
  await show();
  if (wanted().order) openOrder(wanted().order);
}

begin();
