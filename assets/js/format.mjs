// Times as Asia/Shanghai shows them, numbers with thousands, durations in words.

const time = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const minute = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric", weekday: "short" });
const number = new Intl.NumberFormat("en-US");

/** 13:09:27 @param {string | number | Date} at */
export const clockTime = (at) => time.format(new Date(at));
/** 13:09 @param {string | number | Date} at */
export const minuteTime = (at) => minute.format(new Date(at));
/** 7月26日周日 @param {string | number | Date} at */
export const dayName = (at) => day.format(new Date(at));
const dayAndMinute = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
/** 7/26 13:09 @param {string | number | Date} at */
export const dayTime = (at) => dayAndMinute.format(new Date(at));
/** 43,812 @param {number} n */
export const count = (n) => number.format(n);
/** Whole minutes from one moment to another. @param {string} from @param {number} to milliseconds since 1970 */
export const minutesSince = (from, to) => Math.max(0, Math.floor((to - Date.parse(from)) / 60000));
/** 06:18 (minutes and seconds). @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 100) return `${Math.floor(minutes / 60)} h ${minutes % 60}`;
  return `${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}
