// How long a ticket still has, or how late it is, in words.
import { minutesSince } from "../format.mjs";
import { say } from "../text.mjs";

/** @param {import("../live/picture.mjs").Row} ticket @param {number} now milliseconds since 1970, by the server's clock */
export const timeLeft = (ticket, now) => (ticket.overdue ? say("ticket.overdue", { m: minutesSince(ticket.due_at, now) })
  : say("ticket.due", { m: Math.max(0, Math.ceil((Date.parse(ticket.due_at) - now) / 60000)) }));
