// Video points as they travel: packed, and refused when cut.
import assert from "node:assert/strict";
import { test } from "node:test";

import { unpack } from "../../assets/js/map/video.mjs";

test("points are read as the server packs them", () => {
  const buffer = new ArrayBuffer(4 + 18), view = new DataView(buffer);
  view.setUint32(0, 2, true);
  view.setInt32(4, 104_000_000, true);
  view.setInt32(16, -3, true);
  view.setUint8(21, 128 + 2);
  const points = unpack(buffer);
  assert.deepEqual([points.n, points.lon[0], points.lat[1], points.flags[1]], [2, 104_000_000, -3, 130]);
});

test("what is cut is refused", () => {
  assert.throws(() => unpack(new ArrayBuffer(3)), /video/);
  assert.throws(() => unpack(new ArrayBuffer(5)), /video/);
});
