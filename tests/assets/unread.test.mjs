// What the desk wrote counts as unread until the talk was opened, also when it was written while the phone was away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../assets/js/unit/unread.mjs";

function storage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => { kept.set(key, value); }, removeItem: (/** @type {string} */ key) => { kept.delete(key); } };
}
const desk = { from_unit: false }, own = { from_unit: true };

test("what came while the phone was away is unread on return", () => {
  const kept = storage();
  const before = new Unread("a", kept);
  before.replace([{ id: "d", messages: 1 }]);
  before.open("d", [desk, own]);
  assert.equal(before.of("d"), 0);
  const after = new Unread("a", kept);
  after.replace([{ id: "d", messages: 3 }]);
  assert.equal(after.of("d"), 2);
});

test("a message that arrives counts once, and opening the talk clears it", () => {
  const unread = new Unread("a", storage());
  unread.came("d");
  unread.came("d");
  assert.equal(unread.of("d"), 2);
  unread.open("d", [desk, desk]);
  assert.equal(unread.of("d"), 0);
});

test("another account on the same phone has read nothing", () => {
  const kept = storage();
  new Unread("a", kept).open("d", [desk]);
  const other = new Unread("b", kept);
  other.replace([{ id: "d", messages: 1 }]);
  assert.equal(other.of("d"), 1);
});

test("deliveries that are over are forgotten", () => {
  const kept = storage();
  const unread = new Unread("a", kept);
  unread.open("d", [desk]);
  unread.replace([]);
  assert.equal(kept.getItem("yiping-read-a"), "[]");
});
