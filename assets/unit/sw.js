// The service worker: the field page opens without a network. Pages and modules come from the network when it is there and from
// the cache when it is not; the interface and the sockets are never cached.
const CACHE = "yiping-unit-1";
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
  try {
    const answer = await fetch(request);
    // a redirect to the sign-in page must not replace the page
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const known = await cache.match(request, { ignoreSearch: true });
    if (known) return known;
    throw error;
  }
}
