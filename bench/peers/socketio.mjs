// Node's own socket.io as people use it: a server that emits. Usage: node socketio.mjs PEERS PORT
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , peers, port] = process.argv;
const require = createRequire(pathToFileURL(`${peers}/package.json`));
const { Server } = require("socket.io");

const http = createServer((request, answer) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/positions") positions(Number(url.searchParams.get("n")));
  if (url.pathname === "/order") order();
  if (url.pathname === "/each") each();
  answer.end(JSON.stringify({ cpu: process.cpuUsage(), clients: io.engine.clientsCount }));
});
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, pingInterval: 60000 });

/** Each position to every screen, as an event of its own. */
function positions(n) {
  for (let i = 0; i < n; i++) io.emit("position", { unit: `0197f0c4-8f6e-7d10-a5d2-${String(i).padStart(12, "0")}`, lon: 104.06 + i * 1e-6, lat: 30.66, heading: i % 360 });
}
const ORDER = { order_id: "0197f0c4-8f6e-7d10-a5d2-000000000000", seq: 12345, state: "queued", at: "2026-07-26T05:09:27.123Z",
  order: { id: "0197f0c4-8f6e-7d10-a5d2-000000000000", title: "巡查低洼院落", text: "请立即到责任微网格巡查低洼院落，发现积水及时上报，协助老人转移。", priority: "urgent", area_code: "5101", state: "running", sender: "周敏", sent_at: "2026-07-26T05:09:27.123Z", deadline: null, ended_at: null } };
/** One order to everybody: the cheapest that socket.io can do. */
function order() { io.emit("delivery", { id: "0197f0c4-8f6e-7d10-a5d2-000000000001", ...ORDER }); }
/** The same with an id of its own for each, which is what an order needs. */
function each() {
  let i = 0;
  for (const socket of io.sockets.sockets.values()) socket.emit("delivery", { id: `0197f0c4-8f6e-7d10-a5d2-${String(i++).padStart(12, "0")}`, ...ORDER });
}
http.listen(Number(port), "127.0.0.1", 8192);
