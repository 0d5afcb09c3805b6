// The server's clock, by the Date of its answers: a phone's own may be minutes off, and what it dates would be refused or read wrongly.

const WORTH_SAYING_MS = 60_000;

/** How much the server's clock is ahead of ours, milliseconds; corrected with each answer. */
let ahead = 0;

/** @param {Response} answer */
export function heardFrom(answer) {
  const told = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isFinite(told)) ahead = Math.abs(told - Date.now()) < 2000 ? 0 : told - Date.now(); // whole seconds: less is no difference
  return answer;
}

/** A moment of this phone's clock in the server's time. @param {number} [at] milliseconds since 1970 */
export const serverTime = (at = Date.now()) => new Date(at + ahead).toISOString();

/** Minutes by which this phone's clock is wrong; 0 when it is near enough. */
export const minutesWrong = () => (Math.abs(ahead) < WORTH_SAYING_MS ? 0 : Math.round(-ahead / 60_000));
