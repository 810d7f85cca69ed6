// Runs in every browser, also in old ones, and so is written as they read it: tells who cannot vote with theirs.
(function () {
  var page = document.documentElement;
  var enough =
    typeof BigInt === "function" &&
    typeof Promise === "function" &&
    typeof AbortController === "function" &&
    "hasOwn" in Object &&
    "replaceChildren" in page &&
    window.crypto &&
    window.crypto.subtle &&
    window.HTMLScriptElement &&
    "supports" in HTMLScriptElement &&
    HTMLScriptElement.supports("importmap");
  if (enough) return;
  page.setAttribute("data-unsupported", "");
  var message = document.getElementById("old-browser");
  if (message) message.removeAttribute("hidden");
  var screen = document.getElementById("screen");
  if (screen) screen.setAttribute("hidden", "");
})();
