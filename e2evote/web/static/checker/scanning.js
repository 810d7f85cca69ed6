// QR codes from the camera or from a picture: by the browser where it can, else by the module that is shipped.

import { decodeQR } from "../booth/vendor/qr/decode.js";

const PAUSE = 100; // milliseconds between two looks at the camera
const LARGEST = 1600; // pixels of a side that is looked at

/** @typedef {(source: HTMLVideoElement | ImageBitmap) => Promise<string | null>} Reader */

/** Show the camera's picture until a QR code is seen, and return its text.
 * @param {HTMLVideoElement} video @param {AbortSignal} signal ends it, with null
 * @returns {Promise<string | null>}
 * @throws whatever the browser says when there is no camera, or it may not be used
 */
export async function scan(video, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    while (!signal.aborted && video.isConnected) {
      const text = video.videoWidth ? await read(video) : null;
      if (text !== null) return text;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

/** Return the text of the QR code in a picture, null where there is none.
 * @param {Blob} file @returns {Promise<string | null>}
 */
export async function readPicture(file) {
  try {
    return await (await reader())(await createImageBitmap(file));
  } catch {
    return null; // no picture
  }
}

/** @returns {Promise<Reader>} */
async function reader() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  const formats = Detector ? await Detector.getSupportedFormats().catch(() => []) : [];
  if (!formats.includes("qr_code")) return async (source) => decode(source);
  const detector = new Detector({ formats: ["qr_code"] });
  return async (source) => {
    const [found] = await detector.detect(source).catch(() => []);
    return found ? found.rawValue : decode(source);
  };
}

/** @param {HTMLVideoElement | ImageBitmap} source @returns {string | null} */
function decode(source) {
  const isVideo = "videoWidth" in source;
  const [width, height] = isVideo ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return null;
  }
}
