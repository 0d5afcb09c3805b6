// What the phone keeps: the browser's storage or, where that refuses (private mode, full, forbidden), the page's own memory. The page goes
// on either way, and says when nothing outlives it.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Keeping */

/** @param {() => Storage} [open] @returns {Keeping & { lasting: boolean }} */
export function keeping(open = () => localStorage) {
  /** @type {Map<string, string>} */
  const memory = new Map();
  /** @type {Storage | null} */
  let kept = null;
  try {
    kept = open();
    kept.getItem("yiping");
  } catch { /* `lasting` says it */ }
  const self = {
    lasting: kept !== null,
    /** @param {string} key */
    getItem(key) {
      if (memory.has(key)) return memory.get(key) ?? null;
      try { return kept?.getItem(key) ?? null; } catch { return null; }
    },
    /** @param {string} key @param {string} value */
    setItem(key, value) {
      try {
        if (!kept) throw new Error("no storage");
        kept.setItem(key, value);
        memory.delete(key);
      } catch {
        memory.set(key, value);
        self.lasting = false;
      }
    },
    /** @param {string} key */
    removeItem(key) {
      memory.delete(key);
      try { kept?.removeItem(key); } catch { /* it was never kept */ }
    },
  };
  return self;
}

/** What was kept under a key; `otherwise` when it is not there or not readable. @template T @param {Keeping} from @param {string} key @param {T} otherwise @returns {T} */
export function recall(from, key, otherwise) {
  try {
    return JSON.parse(from.getItem(key) ?? "null") ?? otherwise;
  } catch {
    return otherwise; // written by another version, or cut off by a full disk
  }
}

/** Nothing of an account stays on the phone: the next person who holds it must not read it. @param {Keeping} from @param {string} account */
export function forget(from, account) {
  for (const kind of ["work", "read", "log"]) from.removeItem(`yiping-${kind}-${account}`);
  from.removeItem("yiping-sharing");
}
