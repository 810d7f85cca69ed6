// A warning before the page is left while an encrypted ballot waits for its voter's decision: only this page can decide.

/** @param {BeforeUnloadEvent} event */
function warn(event) {
  event.preventDefault();
  event.returnValue = true; // what browsers before 2024 heed
}

export function guard() {
  addEventListener("beforeunload", warn);
}

export function unguard() {
  removeEventListener("beforeunload", warn);
}
