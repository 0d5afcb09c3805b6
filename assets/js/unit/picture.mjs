// A photo made small on the phone: what is kept is 2,048 pixels wide at most, and a bad network must not carry ten times that.

const LONGEST = 1600;
const SMALL_ENOUGH = 400_000;

/** The photo as a JPEG of some 300 kB; itself where it is small already or the browser cannot draw it. @param {Blob} photo @returns {Promise<Blob>} */
export async function smaller(photo) {
  if (photo.size <= SMALL_ENOUGH) return photo;
  try {
    const image = await createImageBitmap(photo, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const made = await new Promise((/** @type {(made: Blob | null) => void} */ resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return made && made.size < photo.size ? made : photo;
  } catch {
    return photo; // the server draws it, or refuses it with a sentence
  }
}
