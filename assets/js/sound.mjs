// Sounds at the desk. A browser is silent until somebody has touched the page: `ready` says whether it may be heard.

/** @type {AudioContext | null} */
let context = null;

/** Tones: hertz and seconds. */
const TUNES = /** @type {Record<string, [number, number][]>} */ ({
  help: [[880, 0.25], [660, 0.25], [880, 0.25], [660, 0.25], [880, 0.4]],
  red: [[740, 0.25], [740, 0.35]],
  plain: [[520, 0.25]],
});

/** Whether sounds can be heard. */
export const ready = () => context?.state === "running";

/** Make the page able to sound: after a touch or a key. @returns {Promise<boolean>} */
export async function awaken() {
  try {
    context ??= new AudioContext();
    if (context.state !== "running") await context.resume();
  } catch { /* a machine without sound */ }
  return ready();
}

/** @param {"help" | "red" | "plain"} tune */
export function play(tune) {
  if (!context || context.state !== "running") return;
  let at = context.currentTime;
  for (const [hertz, seconds] of TUNES[tune]) {
    const tone = context.createOscillator(), volume = context.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.25, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.05;
  }
}
