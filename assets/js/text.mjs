// The catalogue in the browser: the same keys and sentences as on the server.

/** @type {Record<string, string>} */
let sentences = {};

/** Load the sentences of a language, and give them. @param {string} language */
export async function loadText(language) {
  const answer = await fetch(`/catalogue/${language}.json`);
  if (!answer.ok) throw new Error(`catalogue ${language}: ${answer.status}`);
  sentences = await answer.json();
  return sentences;
}

/** Give the sentences directly (tests, and the field page that keeps them for offline). @param {Record<string, string>} all */
export function useText(all) {
  sentences = all;
}

/**
 * The sentence for a key, with `{names}` filled in. A missing key shows itself: a test looks for that.
 * @param {string} key @param {Record<string, unknown>} [values]
 */
export function say(key, values = {}) {
  const sentence = sentences[key] ?? `⟦${key}⟧`;
  return sentence.replace(/{(\w+)}/g, (all, name) => (name in values ? String(values[name]) : all));
}
