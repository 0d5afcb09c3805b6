// Camera and microphone: taken when the browser allows it, and off again when nobody wants them any more.

/** @param {MediaStream | null} media */
export function switchOff(media) {
  for (const track of media?.getTracks() ?? []) track.stop();
}

/**
 * The browser may ask for a while. Null, and everything off at once, when it is no longer wanted by then.
 * @param {() => Promise<MediaStream>} ask @param {() => boolean} wanted @returns {Promise<MediaStream | null>}
 */
export async function takeMedia(ask, wanted) {
  const media = await ask();
  if (wanted()) return media;
  switchOff(media);
  return null;
}
