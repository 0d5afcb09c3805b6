// Colour frames: decoding, bad ones, and the store of what each micro-grid is coloured by.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Colours } from "../../assets/js/live/colours.mjs";
import { gathered } from "../../assets/js/map/clusters.mjs";
import { palette } from "../../assets/js/map/theme_colours.mjs";

/** @param {number} first @param {number[]} values */
function full(first, values) {
  const buffer = new ArrayBuffer(12 + values.length), view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, 1);
  view.setUint32(4, first, true);
  view.setUint32(8, values.length, true);
  values.forEach((value, i) => view.setUint8(12 + i, value));
  return buffer;
}

/** @param {[number, number][]} rows */
function changed(rows) {
  const buffer = new ArrayBuffer(12 + 5 * rows.length), view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint32(8, rows.length, true);
  rows.forEach(([number, value], i) => {
    view.setUint32(12 + 4 * i, number, true);
    view.setUint8(12 + 4 * rows.length + i, value);
  });
  return buffer;
}

test("a full frame, then what changed; numbers outside the area are ignored", () => {
  const colours = new Colours();
  /** @type {any[]} */
  const heard = [];
  colours.listen((numbers) => heard.push(numbers && [...numbers]));
  colours.apply("n1", full(100, [0, 3, 0]));
  assert.deepEqual([colours.of(99), colours.of(100), colours.of(101), colours.of(103)], [0, 0, 3, 0]);
  colours.apply("n1", changed([[102, 7], [500, 9], [1, 9]]));
  assert.equal(colours.of(102), 7);
  assert.deepEqual([...colours.values], [0, 3, 7]);
  assert.deepEqual(heard, [null, [102, 500, 1]]);
});

test("a straggler of another numbering changes nothing", () => {
  const colours = new Colours();
  colours.apply("n1", full(1, [1, 1]));
  colours.apply("n0", changed([[1, 9]]));
  assert.deepEqual([...colours.values], [1, 1]);
});

test("a frame that is cut or of another version is refused", () => {
  const colours = new Colours();
  assert.throws(() => colours.apply("n", full(1, [1, 2]).slice(0, 13)), /micro-grids/);
  assert.throws(() => colours.apply("n", new ArrayBuffer(3)), /version 1/);
});

test("counts use the accent alone, the four colours are for warnings", () => {
  assert.ok(palette("tickets").every((colour) => colour.startsWith("rgba(63,182,232")));
  assert.equal(new Set(palette("warnings").slice(0, 5)).size, 5);
});

test("clusters keep everybody and stay where they are on the ground", () => {
  const seen = Array.from({ length: 300 }, (_, i) => [i, (i * 37) % 500, (i * 91) % 400]).flat();
  const before = gathered(seen, 60, 1000, 2000);
  assert.equal(before.reduce((sum, one) => sum + one.count, 0), 300);
  const moved = seen.map((value, i) => (i % 3 === 0 ? value : value - 13));
  const after = gathered(moved, 60, 1013, 2013);
  assert.deepEqual(after.map((one) => one.count), before.map((one) => one.count));
});
