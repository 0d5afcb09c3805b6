// The field page's outbox, sender and work list: nothing that was tapped is lost, doubled or sent out of order.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";

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

test("a photo goes first and is not sent twice when the report fails after it", async () => {
  const { outbox, sent, sender } = phone((path, _body, n) => { if (path.includes("photos")) return ok({ id: "p1" }); if (n === 2) throw new TypeError("network"); return ok(); });
  await outbox.add({ kind: "ticket", at: "", body: { key: "key-ticket", text: "x" }, photo: new Blob(["x"], { type: "image/png" }) });
  await until(async () => { await sender.soon(); return (await outbox.all()).length === 0; });
  assert.deepEqual(sent.map((one) => one.path.split("?")[0]), ["/api/v1/photos", "/api/v1/tickets", "/api/v1/tickets"]);
  assert.equal(sent.at(-1)?.body.photo_id, "p1");
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

const memory = () => { const kept = new Map(); return { getItem: (/** @type {string} */ k) => kept.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void kept.set(k, v) }; };
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
