// The service worker: the field page opens without a network. Pages and modules come from the network when it is there and from
// the cache when it is not; the interface and the sockets are never cached.
const CACHE = "yiping-unit-2";
/** So long the network may keep a page waiting that lies here already. */
const PATIENCE_MS = 2500;
/** After one such wait the next ones need not wait too: a page is made of thirty files. */
const SLOW_FOR_MS = 20_000;
let slowUntil = 0;
const KEPT = ["/unit", "/assets/", "/catalogue/", "/manifest.webmanifest"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const kept = event.request.method === "GET" && origin === self.location.origin && KEPT.some((start) => pathname.startsWith(start));
  if (kept) event.respondWith(fresh(event.request));
});

// The first visit loads everything before this worker is awake: the page then says what it used, and that is kept too.
self.addEventListener("message", (event) => event.waitUntil(
  Promise.all((event.data?.keep ?? []).filter((path) => KEPT.some((start) => path.startsWith(start))).map((path) => fresh(new Request(path)))),
));

/** The network's answer, kept for later; without a network what was kept. @param {Request} request */
async function fresh(request) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request, { ignoreSearch: true });
  const network = fetch(request).then(async (answer) => {
    slowUntil = 0;
    // a redirect to the sign-in page must not replace the page
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  });
  if (!known) return network.catch((error) => { if (request.mode === "navigate") return signInFirst(); throw error; });
  network.catch(() => {}); // heard below, or no longer wanted
  const late = new Promise((resolve) => setTimeout(() => resolve(null), Math.max(0, slowUntil > Date.now() ? 50 : PATIENCE_MS)));
  const answer = await Promise.race([network.catch(() => null), late]);
  if (answer === null) slowUntil = Date.now() + SLOW_FOR_MS;
  return answer ?? known;
}

/** Nobody is signed in on this phone, and there is no network. */
const signInFirst = () => new Response(
  '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>微网实格</title><p style="font:20px sans-serif;margin:3rem 1.5rem">没有网络。请联网后登录。<br><small>No network: sign in when there is one.</small></p>',
  { headers: { "Content-Type": "text/html; charset=utf-8" } });

// A push message: shown even when no page is open. What it says was encrypted for this browser (RFC 8291).
self.addEventListener("push", (event) => event.waitUntil((async () => {
  let told = {};
  try { told = event.data?.json() ?? {}; } catch { /* shown without words: that there is something matters most */ }
  await self.registration.showNotification(told.title || "新指令", {
    body: told.text ?? "", tag: told.order ?? told.id, renotify: true, requireInteraction: told.priority !== "normal", icon: "/assets/icon-512.png", vibrate: [300, 150, 300],
  });
})()));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const open = pages.find((page) => new URL(page.url).pathname === "/unit");
    await (open ? open.focus() : self.clients.openWindow("/unit"));
  })());
});
