// Push messages: how the phone hears of an order while this page is closed. On by choice; the server keeps where the browser takes them.
import { get, post } from "../api.mjs";

/** `unsupported`, `denied` (by the person, in the browser's settings), `on` or `off`. @returns {Promise<string>} */
export async function pushState() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const known = await subscription();
  if (!known) return "off";
  try {
    await tell(known); // a phone is passed on from hand to hand: it belongs to who is signed in now
  } catch {
    return navigator.onLine ? "failed" : "on";
  }
  return "on";
}

/** What this browser holds, whoever turned it on. */
const subscription = async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription();

/** @param {PushSubscription} made */
async function tell(made) {
  const { endpoint, keys } = made.toJSON();
  await post("/my/push-subscription", { endpoint, p256dh: keys?.p256dh, auth: keys?.auth });
}

/** Nothing more is pushed to this browser. The browser's own end holds even where the server cannot be told. */
export async function endPush() {
  if (!("serviceWorker" in navigator && "PushManager" in window)) return;
  const known = await subscription();
  if (!known) return;
  await post("/my/push-subscription/remove", { endpoint: known.endpoint }).catch(() => {});
  await known.unsubscribe().catch(() => {});
}

/** Ask the person, subscribe, tell the server; a second tap ends it. @returns {Promise<string>} as `pushState`, or `failed` */
export async function subscribe() {
  try {
    const { pushManager } = await navigator.serviceWorker.ready;
    const known = await pushManager.getSubscription();
    if (known) {
      await post("/my/push-subscription/remove", { endpoint: known.endpoint });
      await known.unsubscribe();
      return "off";
    }
    if (await Notification.requestPermission() !== "granted") return pushState();
    const { key } = await get("/my/push-key");
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
    await tell(made);
    return "on";
  } catch {
    return "failed"; // no push service in reach, or the server refused: the person is told, orders still come over the open page
  }
}

/** base64url as bytes. @param {string} text */
export function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
