// Coordinates, codes and summaries that the map and the panels share.
import assert from "node:assert/strict";
import { test } from "node:test";

import { childTowards, isDetail, levelBelow, levelOf, related } from "../../assets/js/codes.mjs";
import { duration } from "../../assets/js/format.mjs";
import { Picture } from "../../assets/js/live/picture.mjs";
import { toGcj02 } from "../../assets/js/map/gcj02.mjs";
import { children, reached, silent } from "../../assets/js/summary.mjs";

test("GCJ-02 lies where the server's formula puts it", () => {
  const [lon, lat] = toGcj02(104.0657, 30.6595);
  assert.ok(Math.abs(lon - 104.0682) < 0.0005 && Math.abs(lat - 30.6571) < 0.0005, `${lon}, ${lat}`);
});

test("codes", () => {
  assert.equal(levelOf("510104017"), "street");
  assert.equal(levelBelow("510104017"), "community");
  assert.equal(childTowards("5101", "510104017001"), "510104");
  assert.equal(childTowards("510104", "510104"), null);
  assert.ok(isDetail("510104017001") && !isDetail("510104017"));
  assert.ok(related("5101", "510104") && !related("510104", "510105"));
});

test("the worst comes first: warning, overdue, unanswered, tickets", () => {
  const row = (/** @type {Partial<Record<string, number>>} */ more) => ({ tickets: 0, overdue: 0, unanswered: 0, on_duty: 0, units: 0, ...more });
  const picture = new Picture();
  picture.reset({
    area: "5101", seq: 1, tickets: [], orders: [], units: [], deliveries: [], events: [],
    figures: { "5101": row({}), "510104": row({ tickets: 90 }), "510105": row({ unanswered: 1 }), "510106": row({ overdue: 1 }), "510107": row({}) },
    warnings: [{ id: "w", level: "blue", area_code: "510107001" }],
  });
  assert.deepEqual(children(picture).map((child) => child.code), ["510107", "510106", "510105", "510104"]);
});

test("how many have come at least so far", () => {
  assert.deepEqual(reached({ queued: 1, delivered: 2, acknowledged: 3, done: 4, declined: 1 }), [["delivered", 10], ["acknowledged", 7], ["en_route", 4], ["arrived", 4], ["done", 4]]);
  assert.equal(silent({ queued: 1, delivered: 2, done: 4 }), 3);
});

test("durations", () => {
  assert.equal(duration(378_000), "06:18");
  assert.equal(duration(-5), "00:00");
});
