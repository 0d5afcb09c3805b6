// The browser's store: snapshots, patches, what is ignored. That it follows the server is held by test_picture.py.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Picture } from "../../assets/js/live/picture.mjs";

const figures = { "5101": { on_duty: 3 } };
const empty = { area: "5101", seq: 10, figures, tickets: [], warnings: [], orders: [], units: [], deliveries: [], events: [] };

/** @returns {Picture} */
function opened() {
  const picture = new Picture();
  picture.reset(structuredClone(empty));
  return picture;
}

test("a patch sets rows, and null takes them away", () => {
  const picture = opened();
  picture.apply({ area: "5101", seq: 11, tickets: { a: { id: "a" } } });
  assert.deepEqual([...picture.layers.tickets.keys()], ["a"]);
  picture.apply({ area: "5101", seq: 12, tickets: { a: null } });
  assert.equal(picture.layers.tickets.size, 0);
  assert.equal(picture.seq, 12);
});

test("a patch for another area, or older than the picture, is ignored", () => {
  const picture = opened();
  picture.apply({ area: "510104", seq: 11, tickets: { a: { id: "a" } } });
  picture.apply({ area: "5101", seq: 9, tickets: { a: { id: "a" } } });
  assert.equal(picture.layers.tickets.size, 0);
});

test("the same patch twice changes nothing the second time, events included", () => {
  const picture = opened();
  const patch = { area: "5101", seq: 11, tickets: { a: { id: "a" } }, events: [{ seq: 11 }] };
  picture.apply(patch);
  picture.apply(patch);
  assert.equal(picture.events.length, 1);
  assert.equal(picture.layers.tickets.size, 1);
});

test("an order that is gone takes its deliveries along", () => {
  const picture = opened();
  picture.apply({ area: "5101", seq: 11, orders: { o: { id: "o" } }, deliveries: { d: { id: "d", order_id: "o" }, e: { id: "e", order_id: "p" } } });
  picture.apply({ area: "5101", seq: 12, orders: { o: null } });
  assert.deepEqual([...picture.layers.deliveries.keys()], ["e"]);
});

test("listeners hear which layers were touched, and nothing when nothing was", () => {
  const picture = opened();
  /** @type {string[][]} */
  const heard = [];
  picture.listen((touched) => heard.push([...touched]));
  picture.apply({ area: "5101", seq: 11, warnings: { w: { id: "w" } } });
  picture.apply({ area: "5101", seq: 12 });
  assert.deepEqual(heard, [["warnings"]]);
});

test("forty events are kept, the newest", () => {
  const picture = opened();
  for (let seq = 11; seq < 71; seq++) picture.apply({ area: "5101", seq, events: [{ seq }] });
  assert.equal(picture.events.length, 40);
  assert.equal(picture.events.at(-1)?.seq, 70);
});
