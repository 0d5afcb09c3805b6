// Position frames: decoding, bad ones, and the store of who is where.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, GONE, People } from "../../assets/js/live/frames.mjs";

/** @param {[number, number, number][]} rows number, lon, lat @param {boolean} full */
function frame(rows, full) {
  const buffer = new ArrayBuffer(16 + 13 * rows.length), view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, full ? 1 : 0);
  view.setUint32(4, rows.length, true);
  view.setFloat64(8, 1234.5, true);
  rows.forEach(([number, lon, lat], i) => {
    view.setUint32(16 + 4 * i, number, true);
    view.setInt32(16 + 4 * (rows.length + i), lon, true);
    view.setInt32(16 + 4 * (2 * rows.length + i), lat, true);
  });
  return buffer;
}

test("a frame is read as it was written", () => {
  const found = decode(frame([[7, 104_000_000, 30_000_000], [9, -1, -2]], true));
  assert.equal(found.full, true);
  assert.equal(found.at, 1234.5);
  assert.deepEqual([...found.numbers], [7, 9]);
  assert.deepEqual([...found.lat], [30_000_000, -2]);
});

test("a frame that is cut or of another version is refused", () => {
  assert.throws(() => decode(frame([[1, 2, 3]], true).slice(0, 20)), /positions/);
  assert.throws(() => decode(new ArrayBuffer(4)), /version 1/);
  const other = frame([], true);
  new DataView(other).setUint8(0, 2);
  assert.throws(() => decode(other), /version 1/);
});

test("the store counts who is there, also when they leave and come again", () => {
  const people = new People();
  people.apply(decode(frame([[0, 1e6, 1e6], [5000, 2e6, 2e6]], true)));
  assert.equal(people.count, 2);
  people.apply(decode(frame([[5000, GONE, 0], [3, 1e6, 1e6]], false)));
  assert.equal(people.count, 2);
  people.apply(decode(frame([[5000, 2e6, 2e6]], false)));
  assert.equal(people.count, 3);
  assert.deepEqual([...people.within(0, 0, 1.5, 1.5)], [0, 3]);
  people.apply(decode(frame([[8, 0, 0]], true)));
  assert.equal(people.count, 1);
});
