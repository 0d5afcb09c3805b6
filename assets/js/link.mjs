// One live link 连线 between a desk and a unit, the same on both sides: WebRTC from browser to browser, signals over our socket.
import { html, nothing, render } from "lit-html";
import { get, sentenceOf } from "./api.mjs";
import { switchOff, takeMedia } from "./media.mjs";
import { say } from "./text.mjs";

const RING_MS = 45_000;

/** The call that was meant has ended while something was waited for. */
class Over extends Error {}

/** Camera and microphone, or the microphone alone where there is no camera. @returns {Promise<MediaStream>} */
async function ownMedia() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 640 }, frameRate: { ideal: 15 } } });
  } catch {
    return navigator.mediaDevices.getUserMedia({ audio: true });
  }
}

/**
 * @param {HTMLElement} root where the link is shown @param {import("socket.io-client").Socket} socket @param {(text: string, bad?: boolean) => void} notify
 */
export function liveLink(root, socket, notify) {
  /** `""` none, `ringing` (desk), `rung` (unit), `open` @type {"" | "ringing" | "rung" | "open"} */
  let state = "";
  let id = "", name = "", muted = false;
  /** @type {MediaStream | null} */
  let own = null;
  /** @type {MediaStream | null} */
  let theirs = null;
  /** @type {RTCPeerConnection | null} */
  let peer = null;
  /** Candidates that came before the description. @type {RTCIceCandidateInit[]} */
  let early = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;
  /** Grows when a call ends: what was waited for in one that is over is given back. */
  let turn = 0;
  /** A second tap while the browser asks must not open the microphone twice. */
  let asking = false;

  /** @param {Record<string, unknown>} message @returns {Promise<any>} */
  const send = (message) => new Promise((resolve, reject) => socket.timeout(8000).emit("link", message, (/** @type {any} */ fault, /** @type {any} */ answer) => {
    if (fault) reject(new Error(say("error.unavailable")));
    else if (answer.error) reject(new Error(sentenceOf(answer.error)));
    else resolve(answer);
  }));

  const close = (/** @type {string} */ why = "") => {
    turn += 1;
    clearTimeout(patience);
    switchOff(own);
    peer?.close();
    [own, theirs, peer, id, state, early, muted] = [null, null, null, "", "", [], false];
    if (why) notify(why);
    draw();
  };
  const hangUp = () => {
    if (id) send({ kind: state === "rung" ? "decline" : "hang_up", link: id }).catch(() => {});
    close();
  };
  /** People may hang up while the browser still asks whether it may: then camera and microphone go off at once. */
  const takeOwn = async () => {
    const mine = turn;
    own = await takeMedia(ownMedia, () => mine === turn);
    if (!own) throw new Over();
  };
  const connect = async () => {
    const mine = turn, { servers } = await get("/ice-servers");
    if (mine !== turn) throw new Over();
    const made = new RTCPeerConnection({ iceServers: servers });
    for (const track of own?.getTracks() ?? []) made.addTrack(track, /** @type {MediaStream} */ (own));
    made.addEventListener("icecandidate", ({ candidate }) => { if (candidate && id) send({ kind: "candidate", link: id, data: candidate.toJSON() }).catch(() => {}); });
    made.addEventListener("track", ({ streams }) => { theirs = streams[0]; draw(); });
    made.addEventListener("connectionstatechange", () => {
      root.dataset.connection = made.connectionState;
      if (made.connectionState === "failed") { notify(say("link.failed"), true); hangUp(); }
    });
    peer = made;
    return made;
  };
  const described = async (/** @type {RTCSessionDescriptionInit} */ description) => {
    await peer?.setRemoteDescription(description);
    for (const candidate of early.splice(0)) await peer?.addIceCandidate(candidate);
  };
  const attempt = async (/** @type {() => Promise<void>} */ work) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof Over) return;
      notify(error instanceof DOMException ? say("link.no_media") : error instanceof Error ? error.message : String(error), true);
      hangUp();
    }
  };
  const accept = () => attempt(async () => {
    if (asking) return;
    asking = true;
    try {
      await takeOwn();
      await connect();
    } finally {
      asking = false;
    }
    state = "open";
    clearTimeout(patience);
    draw();
    await send({ kind: "accept", link: id });
  });

  socket.on("link", (/** @type {any} */ signal) => attempt(async () => {
    if (signal.kind === "ring") {
      if (state) return;
      [id, name, state] = [signal.link, signal.name, "rung"];
      navigator.vibrate?.([500, 200, 500]);
      patience = setTimeout(() => close(say("link.missed", { name })), RING_MS);
      draw();
      return;
    }
    if (signal.link !== id) return;
    if (signal.kind === "accept") {
      state = "open";
      clearTimeout(patience);
      draw();
      const made = await connect();
      await made.setLocalDescription(await made.createOffer());
      await send({ kind: "offer", link: id, data: made.localDescription?.toJSON() });
    }
    if (signal.kind === "offer") {
      await described(signal.data);
      await peer?.setLocalDescription(await peer.createAnswer());
      await send({ kind: "answer", link: id, data: peer?.localDescription?.toJSON() });
    }
    if (signal.kind === "answer") await described(signal.data);
    if (signal.kind === "candidate") {
      if (peer?.remoteDescription) await peer.addIceCandidate(signal.data);
      else early.push(signal.data);
    }
    if (signal.kind === "decline") close(say("link.declined", { name }));
    if (signal.kind === "taken" && state === "rung") close();
    if (signal.kind === "hang_up") close(say("link.ended"));
    if (signal.kind === "taken_over") close(say("link.taken_over", { by: signal.by, name }));
  }));
  socket.on("disconnect", () => { if (state) close(say("link.cut")); });

  const mute = () => {
    muted = !muted;
    for (const track of own?.getAudioTracks() ?? []) track.enabled = !muted;
    draw();
  };
  function draw() {
    root.hidden = !state;
    root.dataset.state = state;
    render(!state ? nothing : html`
      <header><h2>${say(state === "rung" ? "link.rung" : state === "ringing" ? "link.ringing" : "link.with", { name })}</h2></header>
      ${state === "rung" ? nothing : html`<div class="link-media"><video class="link-theirs" autoplay playsinline .srcObject=${theirs}></video>
        <video class="link-own" autoplay playsinline muted .muted=${true} .srcObject=${own}></video></div>`}
      <div class="actions">${state === "rung" ? html`<button class="primary" data-accept @click=${accept}>${say("link.accept")}</button>` : nothing}
        ${state === "open" ? html`<button aria-pressed=${muted} @click=${mute}>${say(muted ? "link.unmute" : "link.mute")}</button>` : nothing}
        <button class="danger" data-hang-up @click=${hangUp}>${say(state === "rung" ? "link.decline" : "link.hang_up")}</button></div>`, root);
  }
  return {
    /** Ring a unit. @param {{ id: string, name: string }} unit */
    ring: (unit) => attempt(async () => {
      if (state) return;
      [name, state] = [unit.name, "ringing"];
      draw();
      await takeOwn();
      draw();
      const mine = turn, { link } = await send({ kind: "ring", unit: unit.id });
      if (mine !== turn) {
        send({ kind: "hang_up", link }).catch(() => {});
        return;
      }
      id = link;
      patience = setTimeout(() => { notify(say("link.no_answer", { name })); hangUp(); }, RING_MS);
    }),
  };
}
