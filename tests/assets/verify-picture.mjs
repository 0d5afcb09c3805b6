// Holds the browser's store to the server's pictures; the cases are made by tests/dashboard/live/test_picture.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { LAYERS, Picture } from "../../assets/js/live/picture.mjs";

/** @param {Picture} picture */
function plain(picture) {
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, Object.fromEntries([...picture.layers[layer]].sort(([a], [b]) => a.localeCompare(b)))]));
  layers.figures = Object.fromEntries(Object.entries(layers.figures).filter(([, row]) => Object.values(row).some((n) => n !== 0)));
  return { ...layers, events: picture.events.map((event) => event.seq) };
}

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { first, patches, catch_up: catchUp, after } of cases) {
  const truth = new Picture();
  truth.reset(after);
  const followed = new Picture();
  followed.reset(first);
  for (const patch of patches) followed.apply(patch);
  if (catchUp === undefined) {
    // After a long run: a fresh snapshot looks back over so many answers only, who has followed may know more events, never fewer.
    const [{ events: known, ...seen }, { events: recent, ...fresh }] = [plain(followed), plain(truth)];
    assert.deepEqual(seen, fresh, `patches of ${first.area}`);
    assert.deepEqual(recent.filter((seq) => seq >= (known[0] ?? 0) && !known.includes(seq)), [], `events of ${first.area}`);
    continue;
  }
  assert.deepEqual(plain(followed), plain(truth), `patches of ${first.area}`);
  const late = new Picture();
  late.reset(first);
  late.apply(catchUp);
  assert.deepEqual(plain(late), plain(truth), `catch-up of ${first.area}`);
}
console.log(`${cases.length} cases`);
