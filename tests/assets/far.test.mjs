// Pictures of micro-grids: read as the server writes them (datasources/number_picture.py), coloured as shapes are.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decodePicture, pixelsOf } from "../../assets/js/map/micro_grids_far.mjs";

const SIZE = 512;

test("differences become numbers, and a pixel beside or below another number is an edge", () => {
  const differences = new Int32Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) {
    differences[row * SIZE] = row < 2 ? 5 : 6;
    differences[row * SIZE + 3] = 2;
  }
  const numbers = decodePicture(differences.buffer);
  assert.deepEqual([...numbers.subarray(0, 5)], [5, 5, 5, -7, 7]);
  assert.deepEqual([...numbers.subarray(SIZE, SIZE + 5)], [5, 5, 5, -7, 7]);
  assert.deepEqual([...numbers.subarray(2 * SIZE, 2 * SIZE + 5)], [-6, -6, -6, -8, -8]);
  assert.deepEqual([...numbers.subarray(3 * SIZE, 3 * SIZE + 5)], [6, 6, 6, -8, 8]);
});

test("what is cut is refused", () => {
  assert.throws(() => decodePicture(new ArrayBuffer(100)), /100 bytes/);
});

test("every theme has nine colours, none at first, and edges are seen over all of them", () => {
  for (const theme of ["tickets", "on_duty", "unanswered", "warnings"]) {
    const [plain, edged] = pixelsOf(theme);
    assert.equal(plain.length, 9);
    assert.equal(plain[0] >>> 24, 0);
    assert.ok(edged.every((pixel) => pixel >>> 24 >= 127), theme);
  }
  assert.equal(pixelsOf("tickets")[0][1] >>> 0, ((Math.round(0.3 * 255) << 24) | (232 << 16) | (182 << 8) | 63) >>> 0);
});
