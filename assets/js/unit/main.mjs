// The field page begins here: what is to be done, what was tapped, what waits for the network.
import { io } from "socket.io-client";

import { get, newKey, OVER, post } from "../api.mjs";
import { comesBack } from "../coming_back.mjs";
import { liveLink } from "../link.mjs";
import { emptyDraft, Recorder } from "../talk.mjs";
import { loadText, say, useText } from "../text.mjs";
import { forget, keeping, recall } from "./keeping.mjs";
import { Sharing } from "./location.mjs";
import { tidy } from "./notifications.mjs";
import { Outbox } from "./outbox.mjs";
import { smaller } from "./picture.mjs";
import { endPush, pushState, subscribe } from "./push.mjs";
import { Sender } from "./sender.mjs";
import { Unread } from "./unread.mjs";
import { view } from "./view.mjs";
import { Work } from "./work.mjs";

/** So long the next step cannot be taken after one: a second tap of the same thumb is no second answer. */
const HELD_MS = 1000;
/** How long a call for help waits for the place where it is made. */
const PLACE_MS = 2500;
const FRESH_MS = 300_000;

async function text(/** @type {string} */ language, /** @type {import("./keeping.mjs").Keeping} */ kept) {
  try {
    kept.setItem("yiping-text", JSON.stringify(await loadText(language)));
  } catch {
    useText(recall(kept, "yiping-text", {}));
  }
}

async function begin() {
  const root = /** @type {HTMLElement} */ (document.getElementById("unit"));
  const boot = JSON.parse(root.dataset.boot ?? "{}");
  document.documentElement.lang = boot.language === "en" ? "en" : "zh-CN";
  const kept = keeping();
  await text(boot.language, kept);
  navigator.serviceWorker?.register("/sw.js").then(keepOffline).catch(() => { /* private mode: the page works while there is a network */ });
  navigator.storage?.persist?.().catch(() => {});

  root.replaceChildren();
  const { account } = boot.unit;
  const work = new Work(account, kept);
  const outbox = new Outbox(account);
  const sender = new Sender(outbox);
  const unread = new Unread(account, kept);
  const sharing = new Sharing(boot.unit.id, kept);
  const logKey = `yiping-log-${account}`;
  /** @type {{ tab: string, declining: string | null, waiting: number, refused: import("./outbox.mjs").Entry[], log: { at: string, text: string, state: string }[], duty: string, connected: boolean, signedOut: boolean, note: string, push: string,
   *  opened: string | null, reason: string, finishing: { delivery: string, note: string, photo: Blob | null } | null, heldUntil: number, tried: boolean, lasting: boolean, reported: any[], past: any[],
   *  handing: { delivery: string, units: any[] | null, problem: string } | null, talking: { delivery: string, messages: import("../talk.mjs").Message[], draft: import("../talk.mjs").Draft, recorder: Recorder } | null }} */
  const state = { tab: "order", opened: null, reason: "", finishing: null, heldUntil: 0, tried: false, lasting: true, reported: [], past: [], declining: null, waiting: 0, refused: [], log: recall(kept, logKey, /** @type {any[]} */ ([])).filter((line) => Date.now() - Date.parse(line.at) < 86_400_000), duty: boot.unit.duty, connected: false, signedOut: false, note: "", push: "", handing: null, talking: null };
  const draw = () => view(root, { unit: boot.unit, work, unread, sharing, state, act });

  const act = {
    /** @param {string} tab */
    tab(tab) { state.talking?.recorder.cancel(); Object.assign(state, { tab, declining: null, finishing: null, handing: null, talking: null }); if (tab === "me") past(); draw(); },
    /** Bring one order before the person's eyes. @param {string} delivery */
    open(delivery) { act.tab("order"); state.opened = delivery; draw(); },
    /** Whether a step was taken a moment ago. */
    held: () => Date.now() < state.heldUntil,
    /** @param {string} delivery */
    readEnded(delivery) { work.read(delivery); draw(); },
    /** @param {string} reason */
    reason(reason) { state.reason = reason; draw(); },
    /** Ask what was done before it is done; null: not yet. @param {string | null} delivery */
    finish(delivery) { state.finishing = delivery === null ? null : { delivery, note: "", photo: null }; draw(); },
    /** @param {File | null} photo */
    async finishPhoto(photo) { if (state.finishing) state.finishing.photo = photo ? await smaller(photo) : null; draw(); },
    /** @param {string} delivery */
    async finished(delivery) {
      const { note, photo } = state.finishing ?? { note: "", photo: null };
      state.finishing = null;
      await act.answer(delivery, "done", note.trim(), photo);
    },
    /** @param {string} delivery @param {string} step @param {string} [note] @param {Blob | null} [photo] */
    async answer(delivery, step, note = "", photo = null) {
      if (act.held()) return;
      state.heldUntil = Date.now() + HELD_MS;
      setTimeout(draw, HELD_MS + 20);
      state.opened = delivery; // who acknowledges one in the list goes on with it
      await act.say(delivery, step, note, photo, sharing.last && { lon: sharing.last.coords.longitude, lat: sharing.last.coords.latitude });
    },
    /** @param {string} delivery @param {string} step @param {string} note @param {Blob | null} photo @param {{ lon: number, lat: number } | null} place */
    async say(delivery, step, note, photo, place) {
      const at = new Date().toISOString();
      work.tap(delivery, step, at);
      Object.assign(state, { declining: null, reason: "" });
      log(at, `${work.deliveries.get(delivery)?.order.title ?? ""} ${say(`delivery.${step}`)}`);
      draw();
      navigator.vibrate?.(40);
      await outbox.add({ kind: "answer", at, delivery, body: { key: newKey(), state: step, at, note, ...(place ?? {}) }, ...(photo ? { photo } : {}) });
      calling();
    },
    /** @param {string | null} delivery */
    decline(delivery) { Object.assign(state, { declining: delivery, reason: "" }); draw(); },
    /** One tap, whatever else there is: shown at once, sent with the best place that is known within a moment. @param {string} delivery */
    async needHelp(delivery) {
      work.tap(delivery, "help", new Date().toISOString());
      state.opened = delivery;
      draw();
      const fresh = sharing.last && Date.now() - sharing.last.timestamp < FRESH_MS ? { lon: sharing.last.coords.longitude, lat: sharing.last.coords.latitude } : null;
      const place = fresh ?? await Promise.race([sharing.here(), new Promise((/** @type {(none: null) => void} */ late) => setTimeout(() => late(null), PLACE_MS))]);
      await act.say(delivery, "help", "", null, place && { lon: place.lon, lat: place.lat });
    },
    /** Who could take over? @param {string | null} delivery */
    async handOver(delivery) {
      state.handing = delivery === null ? null : { delivery, units: null, problem: "" };
      draw();
      if (delivery === null) return;
      try {
        const { units } = await get(`/deliveries/${delivery}/colleagues`);
        if (state.handing?.delivery === delivery) state.handing.units = units;
      } catch (error) {
        if (state.handing?.delivery === delivery) Object.assign(state.handing, { units: [], problem: error instanceof Error ? error.message : String(error) });
      }
      draw();
    },
    /** @param {string} delivery @param {{ id: string, name: string }} colleague */
    async handOverTo(delivery, colleague) {
      const at = new Date().toISOString();
      work.tap(delivery, "declined", at);
      state.handing = null;
      log(at, say("unit.handed_over", { name: colleague.name }));
      draw();
      await outbox.add({ kind: "hand_over", at, delivery, body: { key: newKey(), to: colleague.id } });
    },
    /** Open the talk with the desk; null: close it. @param {string | null} delivery */
    async talk(delivery) {
      state.talking?.recorder.cancel();
      state.talking = delivery === null ? null : { delivery, messages: await waitingMessages(delivery), draft: emptyDraft(), recorder: new Recorder(draw) };
      draw();
      await readTalk();
    },
    /** @param {string} delivery */
    async write(delivery) {
      if (!state.talking) return;
      const { text, photo, clip } = state.talking.draft, at = new Date().toISOString();
      state.talking.draft = emptyDraft();
      await outbox.add({ kind: "message", at, delivery, body: { key: newKey(), text: text.trim(), at }, ...(photo ? { photo } : {}), ...(clip ? { clip } : {}) });
      state.talking.messages = [...state.talking.messages, ...(await waitingMessages(delivery)).filter((one) => !state.talking?.messages.some((known) => known.key === one.key))];
      draw();
    },
    /** @param {{ kind: string, level: string, text: string, lon: number, lat: number }} report @param {Blob | null} photo */
    async report(report, photo) {
      const at = new Date().toISOString();
      await outbox.add({ kind: "ticket", at, body: { key: newKey(), at, ...report }, ...(photo ? { photo } : {}) });
      log(at, `${say("report.title")} ${say(`ticket.${report.kind}`)}`);
      note(navigator.onLine && sender.online ? say("report.sent") : say("report.kept"));
      state.tab = "order";
      draw();
    },
    async push() {
      state.push = await subscribe();
      draw();
    },
    toggleSharing() { if (sharing.on) sharing.stop(); else sharing.start(); },
    /** @param {string} duty */
    async duty(duty) {
      try {
        state.duty = (await post(`/units/${boot.unit.id}/duty`, { duty })).duty;
      } catch (error) {
        note(error instanceof Error ? error.message : String(error));
      }
      draw();
    },
    /** The phone may go to somebody else: what is pushed to this unit must not appear on it any more. @param {SubmitEvent} event */
    async signOut(event) {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      await Promise.race([endPush(), new Promise((go) => setTimeout(go, 3000))]);
      forget(kept, account);
      for (const name of await globalThis.caches?.keys?.() ?? []) await (await caches.open(name)).delete("/unit", { ignoreSearch: true });
      form.submit();
    },
    /** @param {number} id */
    async forget(id) { await outbox.remove(id); },
    redraw: () => draw(),
  };
  /** What was written and is not sent yet, as the talk shows it. @param {string} delivery @returns {Promise<import("../talk.mjs").Message[]>} */
  const waitingMessages = async (delivery) => (await outbox.waiting()).filter((entry) => entry.kind === "message" && entry.delivery === delivery).map((entry) => ({
    id: entry.body.key, key: entry.body.key, delivery_id: delivery, from_unit: true, name: boot.unit.name, text: entry.body.text, photo_id: null, clip_id: null, written_at: entry.at, arrived_at: "",
  }));
  /** The talk as the server has it, and behind it what waits here. */
  const readTalk = async () => {
    const delivery = state.talking?.delivery;
    if (!delivery) return;
    try {
      const { messages } = await get(`/deliveries/${delivery}/messages`);
      const waiting = (await waitingMessages(delivery)).filter((one) => !messages.some((/** @type {any} */ known) => known.key === one.key));
      if (state.talking?.delivery === delivery) {
        state.talking.messages = [...messages, ...waiting];
        unread.open(delivery, messages);
      }
    } catch { /* no network: what is known stays */ }
    draw();
  };
  const note = (/** @type {string} */ words) => { state.note = words; draw(); setTimeout(() => { state.note = ""; draw(); }, 5000); };
  const keepLog = () => kept.setItem(logKey, JSON.stringify(state.log));
  const log = (/** @type {string} */ at, /** @type {string} */ words) => { state.log = [{ at, text: words, state: "waiting" }, ...state.log].slice(0, 30); keepLog(); };
  /** What stands on the lock screen is what calls. */
  const calling = () => { tidy(new Set(work.calling().map((delivery) => delivery.order_id))).catch(() => {}); };
  /** What has become of one's reports and orders. */
  const past = async () => {
    try {
      const [reported, history] = await Promise.all([get("/my/tickets"), get("/my/history")]);
      state.reported = reported.tickets;
      state.past = history.deliveries.filter((/** @type {any} */ delivery) => !work.deliveries.has(delivery.id));
    } catch { /* no network: what is known stays */ }
    draw();
  };

  const count = async () => {
    const all = await outbox.all();
    state.waiting = all.filter((entry) => !entry.refused).length;
    state.refused = all.filter((entry) => entry.refused);
    state.lasting = outbox.lasting && kept.lasting;
    for (const entry of all) if (entry.kind === "answer" && entry.delivery && !entry.refused) work.tapped.set(entry.delivery, entry.body.state);
    draw();
  };
  outbox.addEventListener("changed", count);
  sharing.addEventListener("changed", draw);
  sender.addEventListener("state", () => { state.signedOut ||= sender.signedOut; draw(); });
  sender.addEventListener("sent", (event) => {
    const { entry, answer, refused } = /** @type {CustomEvent} */ (event).detail;
    if (entry.kind === "answer") {
      work.settled(entry.delivery, entry.body.state, answer);
      if (refused) refresh();
    }
    if (entry.kind === "hand_over") {
      work.settled(entry.delivery, "declined", null);
      refresh();
    }
    if (entry.kind === "message") readTalk();
    const line = state.log.find((one) => one.at === entry.at);
    if (line) { line.state = refused ? "refused" : "sent"; keepLog(); }
    if (refused) note(say("unit.refused", { problem: refused }));
    draw();
  });

  const refresh = async () => {
    try {
      const { deliveries } = await get("/my/work");
      work.replace(deliveries);
      unread.replace(deliveries);
      calling();
      received([...work.deliveries.values()].filter((delivery) => delivery.state === "queued").map((delivery) => delivery.id));
      draw();
    } catch { /* no network: what is kept is shown, and the next connection asks again */ }
  };

  // when a server comes back, ten thousand phones come back to it: who waits in the line must not give up and begin anew
  const socket = io({ transports: ["websocket"], reconnectionDelay: 400, reconnectionDelayMax: 8000, timeout: 60_000 });
  liveLink(/** @type {HTMLElement} */ (document.getElementById("link")), socket, (words) => note(words));
  const received = (/** @type {string[]} */ ids) => { if (ids.length && socket.connected) socket.emit("received", { deliveries: ids }); };
  socket.on("connect", async () => {
    Object.assign(state, { connected: true, tried: true, signedOut: false });
    // first what was tapped offline, then the server's list: else an old state would flash up
    await sender.soon();
    await refresh();
    await readTalk();
  });
  socket.on("disconnect", () => { Object.assign(state, { connected: false, tried: true }); draw(); });
  comesBack(socket, () => state.signedOut);
  socket.on("refused", ({ error }) => { if (OVER.includes(error?.code)) { state.signedOut = true; draw(); } });
  socket.on("connect_error", (error) => {
    Object.assign(state, { connected: false, tried: true });
    if (OVER.includes(/** @type {any} */ (error).data?.code)) { state.signedOut = true; socket.disconnect(); }
    draw();
  });
  socket.on("delivery", (message) => {
    const fresh = work.push(message);
    if (message.order) received([message.id]);
    if (fresh) ring();
    if (message.state === "done" || message.state === "declined") work.drop(message.id);
    if (message.state === "expired" && work.deliveries.has(message.id)) { work.end(message.id); ring(); }
    calling();
    draw();
  });
  socket.on("taken", ({ delivery, by }) => { work.taken(delivery, by); navigator.vibrate?.([100, 100, 100]); draw(); });
  socket.on("message", (message) => {
    if (state.talking?.delivery === message.delivery_id) readTalk();
    else if (!message.from_unit) { unread.came(message.delivery_id); navigator.vibrate?.(200); note(say("talk.new", { name: message.name, text: message.text })); }
    draw();
  });
  window.addEventListener("online", () => {
    if (!socket.connected) socket.disconnect().connect();  // without the wait that has grown meanwhile
    sender.soon();
  });
  window.addEventListener("offline", () => { sender.online = false; state.tried = true; draw(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { sender.soon(); if (socket.connected) refresh().then(readTalk); } });

  setTimeout(() => { if (!state.connected) { state.tried = true; draw(); } }, 6000);
  if (kept.getItem("yiping-sharing")) sharing.start();
  await count();
  sender.soon();
  state.push = await pushState();
  draw();
}

/** Let the service worker keep what this page is made of. @returns {Promise<void>} */
async function keepOffline() {
  const { active } = await navigator.serviceWorker.ready;
  const used = performance.getEntriesByType("resource").map((entry) => new URL(entry.name)).filter((url) => url.origin === location.origin);
  active?.postMessage({ keep: [location.pathname, ...used.map((url) => url.pathname + url.search)] });
}

/** A new order makes itself heard and felt. */
function ring() {
  navigator.vibrate?.([300, 150, 300, 150, 600]);
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = 880;
    volume.gain.setValueAtTime(0.3, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 1.2);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 1.2);
    tone.onended = () => audio.close();
  } catch { /* a browser that forbids sound before the first touch still vibrates and shows the order */ }
}

begin();
