// A ring drawn by hand: what goes beyond its beginning falls away.
import assert from "node:assert/strict";
import test from "node:test";
import { outline } from "../../assets/js/map/shape.mjs";

/** @param {number[][]} ring */
function crosses(ring) {
  return JSON.stringify(outline(ring)) !== JSON.stringify(ring);
}

test("a line that crosses nothing stays as it is", () => {
  const ring = [[0, 0], [4, 0], [4, 4], [0, 4]];
  assert.deepEqual(outline(ring), ring);
});

test("a tail beyond the beginning is cut off", () => {
  const ring = outline([[0, 0], [4, 0], [4, 4], [0, 4], [1, -1]]);
  assert.deepEqual(ring, [[4, 0], [4, 4], [0, 4], [1, -1]].slice(0, ring.length));
  assert.ok(ring.length >= 3);
});

test("of an eight the longer half stays", () => {
  const ring = outline([[0, 0], [2, 2], [4, 4], [6, 4], [6, 0], [4, 0], [0, 4]]);
  assert.ok(ring.length >= 3 && !crosses(ring));
});

test("whatever a hand draws, the end crosses nothing", () => {
  let seed = 7;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 40; i++) {
    const ring = outline(Array.from({ length: 200 }, () => [chance(), chance()]));
    assert.ok(!crosses(ring));
  }
});
