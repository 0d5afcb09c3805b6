// The room of the map's words: whoever comes first has its place, nobody lies on another, small marks are spared where that can be.
import assert from "node:assert/strict";
import test from "node:test";

import { Labels } from "../../assets/js/map/labels.mjs";

const map = /** @type {any} */ ({
  on() {},
  latLngToLayerPoint: (/** @type {[number, number]} */ [y, x]) => ({ x, y }),
  containerPointToLayerPoint: (/** @type {[number, number]} */ [x, y]) => ({ x: x + 1000, y }),
});
const label = (w = 40, h = 20) => /** @type {any} */ ({ offsetWidth: w, offsetHeight: h, style: {} });
/** @type {[number, number][]} */
const STEPS = [[0, 0], [0, -1], [0, 1]];

test("the first keeps its place, the next step aside, and one without room is told so", () => {
  const room = new Labels(map), all = [label(), label(), label(), label()];
  const placed = room.settle(all.map((one) => [one, [100, 100]]), STEPS);
  assert.deepEqual(placed, [true, true, true, false]);
  assert.deepEqual(all.slice(0, 3).map((one) => one.style.top), ["0px", "-22px", "22px"]);
  for (const a of room.taken) for (const b of room.taken) if (a !== b) assert.ok(a.y + a.h <= b.y || b.y + b.h <= a.y);
});

test("a word hides no small mark where another place is free, and does where none is", () => {
  const room = new Labels(map), one = label(), other = label();
  room.spared = [{ x: 95, y: 95, w: 10, h: 10 }];
  assert.deepEqual(room.settle([[one, [100, 100]]], STEPS), [true]);
  assert.equal(one.style.top, "-22px");
  room.taken = [];
  room.spared.push({ x: 95, y: 73, w: 10, h: 10 }, { x: 95, y: 117, w: 10, h: 10 });
  assert.deepEqual(room.settle([[other, [100, 100]]], STEPS), [true]);
  assert.equal(other.style.top, "0px");
});

test("what is drawn on a canvas asks in its own pixels", () => {
  const room = new Labels(map);
  room.settle([[label(), [100, 1100]]], STEPS);
  assert.equal(room.covers({ x: 90, y: 95, w: 20, h: 10 }), true);
  assert.equal(room.covers({ x: 90, y: 150, w: 20, h: 10 }), false);
});
