// Letting the browser draw and listen between two pieces of work.

/** @returns {Promise<void>} */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {number} seconds @returns {Promise<void>} */
export function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}
