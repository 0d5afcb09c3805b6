// The field page's outbox, sender and work list: nothing that was tapped is lost, doubled or sent out of order.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";

import { keeping, recall } from "../../assets/js/unit/keeping.mjs";
import { Sharing } from "../../assets/js/unit/location.mjs";
import { Outbox } from "../../assets/js/unit/outbox.mjs";
import { Sender } from "../../assets/js/unit/sender.mjs";
import { nextStep, Work } from "../../assets/js/unit/work.mjs";

let account = 0;
/** A sender over an outbox of its own. @param {(path: string, body: any, n: number) => Response} server */
function phone(server) {
  const outbox = new Outbox(`account-${++account}`);
  /** @type {{ path: string, body: any }[]} */
  const sent = [];
  const request = /** @type {typeof fetch} */ (async (url, options) => {
    const body = typeof options?.body === "string" ? JSON.parse(options.body) : options?.body;
    sent.push({ path: String(url), body });
    return server(String(url), body, sent.length);
  });
  return { outbox, sent, sender: new Sender(outbox, { request }) };
}
const ok = (/** @type {unknown} */ value = {}) => Response.json(value);
const refusal = (/** @type {number} */ status, /** @type {string} */ code) => Response.json({ error: { code, zh: "不行", en: "no" } }, { status });
const answer = (/** @type {string} */ state) => ({ kind: /** @type {const} */ ("answer"), at: "2026-07-26T05:00:00Z", delivery: "d1", body: { key: `key-${state}`, state } });
const until = async (/** @type {() => Promise<boolean> | boolean} */ condition) => {
  for (let i = 0; i < 400 && !(await condition()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(await condition());
};

test("answers are sent in the order of the taps and leave the outbox", async () => {
  const { outbox, sent, sender } = phone(() => ok());
  for (const state of ["acknowledged", "en_route", "arrived"]) await outbox.add(answer(state));
  await sender.soon();
  await until(async () => (await outbox.all()).length === 0);
  assert.deepEqual(sent.map((one) => one.body.state), ["acknowledged", "en_route", "arrived"]);
});

test("without a network nothing leaves; the same key is sent again until the server has it", async () => {
  const { outbox, sent, sender } = phone((_path, _body, n) => { if (n < 3) throw new TypeError("network"); return ok(); });
  await outbox.add(answer("acknowledged"));
  await until(() => sender.online === false);
  assert.equal((await outbox.waiting()).length, 1);
  await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
  assert.deepEqual(new Set(sent.map((one) => one.body.key)), new Set(["key-acknowledged"]));
});

test("a server that is not itself is not believed", async () => {
  const { outbox, sender } = phone(() => new Response("<html>502</html>", { status: 502 }));
  await outbox.add(answer("acknowledged"));
  await sender.soon();
  assert.equal((await outbox.waiting()).length, 1);
  clearTimeout(sender.timer);
});

test("an answer that the server has already is done; one that it refuses is kept with its reason and does not block the next", async () => {
  const { outbox, sender } = phone((_path, body) => body.state === "acknowledged" ? refusal(409, "already_so") : body.state === "en_route" ? refusal(409, "order_ended") : ok());
  for (const state of ["acknowledged", "en_route", "done"]) await outbox.add(answer(state));
  await sender.soon();
  await until(async () => (await outbox.waiting()).length === 0);
  assert.deepEqual((await outbox.all()).map((entry) => [entry.body.state, entry.refused]), [["en_route", "不行"]]);
});

test("signed out: everything stays, and the page is told", async () => {
  const { outbox, sender } = phone(() => refusal(401, "token_expired"));
  await outbox.add(answer("acknowledged"));
  await sender.soon();
  assert.equal(sender.signedOut, true);
  assert.equal((await outbox.waiting()).length, 1);
});

const photo = () => new Blob(["x"], { type: "image/png" });
const report = () => ({ kind: /** @type {const} */ ("ticket"), at: "2026-07-26T05:00:01Z", body: { key: "key-ticket", text: "x" }, photo: photo() });

test("the words of a report go first, its photo follows, and neither is sent twice when the network fails between them", async () => {
  const { outbox, sent, sender } = phone((path, _body, n) => { if (path.includes("photos?")) return ok({ id: "p1" }); if (n === 2) throw new TypeError("network"); return ok({ id: "t1" }); });
  await outbox.add(report());
  await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
  assert.deepEqual([...new Set(sent.map((one) => one.path.split("?")[0]))], ["/api/v1/tickets", "/api/v1/photos", "/api/v1/tickets/t1/photo"]);
  assert.deepEqual(sent.at(-1)?.body, { photo_id: "p1" });
  assert.equal(sent[0].body.photo_id, undefined);
});

for (const [what, status, body] of /** @type {[string, number, string][]} */ ([["a page that says 413", 413, "<html>413</html>"], ["a server that fails at it", 503, "{}"], ["a page that says 400", 400, "no"]]))
  test(`one photo never silences a phone: ${what}`, async () => {
    const { outbox, sent, sender } = phone((path) => (path.includes("photos?") ? new Response(body, { status }) : ok({ id: "t1" })));
    await outbox.add(report());
    await outbox.add({ ...answer("acknowledged"), at: "2026-07-26T05:00:02Z" });
    await until(() => sent.some((one) => one.body.state === "acknowledged") && sent.some((one) => one.path.endsWith("/tickets")));
    assert.equal(sender.online, true, "the server is there");
    if (status < 500) {
      await until(async () => (await outbox.waiting()).length === 0);
      assert.match((await outbox.all())[0].refused ?? "", /照片未能上传/);
    }
    clearTimeout(sender.timer);
  });

test("a photo that the server has forgotten meanwhile goes once more, and what it belongs to is not refused for it", async () => {
  for (const entry of [report(), { ...answer("done"), photo: report().photo }]) {
    let uploads = 0;
    const { outbox, sent, sender } = phone((path, body) => {
      if (path.includes("photos?")) return ok({ id: `p${++uploads}` });
      return body?.photo_id === "p1" ? refusal(404, "not_found") : ok({ id: "t1" });
    });
    await outbox.add(/** @type {any} */ (entry));
    await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
    assert.equal(sent.at(-1)?.body.photo_id, "p2");
  }
});

test("what is not there is not tried for ever", async () => {
  const { outbox, sender } = phone((path) => (path.includes("photos?") ? ok({ id: "p" }) : refusal(404, "not_found")));
  await outbox.add(/** @type {any} */ ({ ...answer("done"), photo: report().photo }));
  await until(async () => { await sender.soon(); return (await outbox.waiting()).length === 0; });
  assert.equal((await outbox.all())[0].refused, "不行");
});

test("an answer does not wait for a photo that takes its time", async () => {
  /** @type {(answer: Response) => void} */
  let arrived = () => {};
  const { outbox, sent, sender } = phone((path) => (path.includes("photos?") ? /** @type {any} */ (new Promise((resolve) => { arrived = resolve; })) : ok({ id: "t1" })));
  await outbox.add(report());
  await until(() => sent.some((one) => one.path.includes("photos?")));
  await outbox.add(answer("acknowledged"));
  await until(() => sent.some((one) => one.body.state === "acknowledged"));
  arrived(ok({ id: "p1" }));
  await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
});

test("when the server fails at a step, the steps after it wait, and other orders do not", async () => {
  let failing = true;
  const { outbox, sent, sender } = phone((path, body) => (failing && path.includes("/d1/") && body.state === "acknowledged" ? refusal(503, "unavailable") : ok()));
  for (const state of ["acknowledged", "en_route"]) await outbox.add(answer(state));
  await outbox.add({ ...answer("acknowledged"), delivery: "d2", body: { key: "key-other", state: "acknowledged" } });
  await until(() => sent.some((one) => one.path.includes("/d2/")));
  assert.ok(!sent.some((one) => one.body.state === "en_route"));
  failing = false;
  await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
  assert.equal(sent.at(-1)?.body.state, "en_route");
});

test("where the browser gives no database or a full one, what is tapped is sent all the same, and the page knows", async () => {
  for (const open of [() => Promise.reject(new DOMException("x", "InvalidStateError")), () => { throw new Error("forbidden"); }, () => Promise.resolve(/** @type {any} */ ({ transaction: () => { throw new DOMException("full", "QuotaExceededError"); } }))]) {
    const outbox = new Outbox(`account-${++account}`, open);
    /** @type {string[]} */
    const sent = [];
    const sender = new Sender(outbox, { request: /** @type {typeof fetch} */ (async (_url, options) => { sent.push(JSON.parse(String(options?.body)).state); return ok(); }) });
    for (const state of ["acknowledged", "en_route"]) await outbox.add(answer(state));
    await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
    assert.deepEqual(sent, ["acknowledged", "en_route"]);
    assert.equal(outbox.lasting, false);
  }
});

test("a storage that refuses is replaced by the page's memory", () => {
  const full = { getItem: () => null, setItem: () => { throw new DOMException("full", "QuotaExceededError"); }, removeItem: () => {} };
  for (const open of [() => { throw new DOMException("forbidden", "SecurityError"); }, () => /** @type {any} */ (full)]) {
    const kept = keeping(open);
    kept.setItem("a", "1");
    assert.equal(kept.getItem("a"), "1");
    assert.equal(kept.lasting, false);
  }
  assert.deepEqual(recall({ getItem: () => "{cut off", setItem() {}, removeItem() {} }, "a", [7]), [7]);
});

test("what another person left on the same phone is not touched", async () => {
  const first = phone(() => { throw new TypeError("network"); });
  await first.outbox.add(answer("acknowledged"));
  const second = phone(() => ok());
  await second.sender.soon();
  assert.equal((await first.outbox.all()).length, 1);
  assert.equal(second.sent.length, 0);
  clearTimeout(first.sender.timer);
});

const memory = () => { const kept = new Map(); return { getItem: (/** @type {string} */ k) => kept.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void kept.set(k, v), removeItem: (/** @type {string} */ k) => void kept.delete(k) }; };
const order = (/** @type {string} */ priority) => ({ title: "t", priority });

test("one big button: the next step of each state", () => {
  assert.deepEqual(["queued", "delivered", "acknowledged", "en_route", "arrived", "done", "declined"].map((state) => nextStep(state)),
    ["acknowledged", "acknowledged", "en_route", "arrived", "done", null, null]);
});

test("a tap shows at once, and the server's older list does not undo it", () => {
  const work = new Work("a", memory());
  work.replace([{ id: "d", order_id: "o", state: "delivered", times: {}, order: order("normal") }]);
  work.tap("d", "acknowledged", "T1");
  work.replace([{ id: "d", order_id: "o", state: "delivered", times: {}, order: order("normal") }]);
  assert.equal(work.open()[0].state, "acknowledged");
  work.settled("d", "acknowledged", { state: "acknowledged", times: { acknowledged: "T1" } });
  work.replace([{ id: "d", order_id: "o", state: "acknowledged", times: {}, order: order("normal") }]);
  assert.equal(work.open()[0].state, "acknowledged");
});

test("the most urgent order comes first, and the list survives closing the page", () => {
  const storage = memory(), work = new Work("a", storage);
  work.push({ id: "1", order_id: "o1", order: order("normal") });
  assert.equal(work.push({ id: "2", order_id: "o2", order: order("critical") }), true);
  assert.equal(work.push({ id: "2", order_id: "o2", order: order("critical") }), false, "the same push again does not ring again");
  assert.deepEqual(new Work("a", storage).open().map((d) => d.id), ["2", "1"]);
  work.tap("2", "declined", "T");
  assert.deepEqual(work.open().map((d) => d.id), ["1"]);
});

test("what is new stands before what is under way, whatever its priority, and can be reached by itself", () => {
  const work = new Work("b", memory());
  work.replace([
    { id: "1", order_id: "o1", state: "acknowledged", times: {}, order: order("critical") },
    { id: "2", order_id: "o2", state: "delivered", times: {}, order: order("normal") },
    { id: "3", order_id: "o3", state: "delivered", times: {}, order: order("critical") },
  ]);
  assert.deepEqual(work.open().map((d) => d.id), ["3", "2", "1"]);
  assert.deepEqual(work.calling().map((d) => d.id), ["3", "2"]);
  work.tap("1", "help", "T");
  assert.equal(work.open()[0].id, "1", "who needs help first");
});

test("an order that ends under way is not silently gone", () => {
  const work = new Work("c", memory());
  work.replace([{ id: "1", order_id: "o1", state: "en_route", times: {}, order: order("normal") }, { id: "2", order_id: "o2", state: "arrived", times: {}, order: order("normal") }]);
  work.push({ id: "1", order_id: "o1", state: "expired" }); // as it comes over the socket
  work.end("1");
  assert.deepEqual([...work.ended.keys()], ["1"]);
  work.replace([]);
  assert.deepEqual([...work.ended.keys()], ["1", "2"], "also when it ended while the phone was away");
  work.read("1");
  assert.deepEqual([...work.ended.keys()], ["2"]);
});

/** A phone that moves when the test says so. */
function walking() {
  /** @type {(position: any) => void} */
  let moved = () => {};
  const geolocation = /** @type {any} */ ({ watchPosition: (/** @type {any} */ heard) => { moved = heard; return 1; }, clearWatch() {} });
  return { geolocation, go: (/** @type {number} */ lon) => moved({ timestamp: Date.now(), coords: { longitude: lon, latitude: 30, accuracy: 5, heading: NaN } }) };
}

test("where somebody stops is sent, also when a sending failed, and again while they stand", async () => {
  const { geolocation, go } = walking();
  /** @type {number[]} */
  const sent = [];
  let failures = 0;
  const request = /** @type {typeof fetch} */ (async (_url, options) => { if (failures-- > 0) throw new TypeError("network"); sent.push(JSON.parse(String(options?.body)).lon); return ok(); });
  const sharing = new Sharing("u", memory(), { request, geolocation, every: 60, still: 150 });
  sharing.start();
  go(104);
  await until(() => sent.length === 1);
  go(104.1);
  go(104.2);
  failures = 1;
  await until(() => sent.at(-1) === 104.2);
  assert.ok(!sent.includes(104.1), "only where we are now matters");
  const before = sent.length;
  await until(() => sent.length > before);
  assert.equal(sent.at(-1), 104.2);
  sharing.stop();
});
