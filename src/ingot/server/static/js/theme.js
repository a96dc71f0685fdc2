// Sets the theme before the first paint: a small blocking script, because the page's rules allow no inline one.
// Owns the attribute data-theme of <html>; `window.ingotTheme` is what the theme button talks to.
(function () {
  "use strict";
  var KEY = "ingot-theme";
  var root = document.documentElement;
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      var kept = localStorage.getItem(KEY);
      return kept === "light" || kept === "dark" ? kept : "system";
    } catch {
      return "system"; // storage may be forbidden
    }
  }

  function apply() {
    var choice = chosen();
    var theme = choice === "system" ? (prefersDark.matches ? "dark" : "light") : choice;
    if (root.dataset.printing) theme = "light"; // paper is white
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    window.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
  }

  window.ingotTheme = {
    chosen: chosen,
    choose: function (choice) {
      try {
        if (choice === "system") localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, choice);
      } catch {
        // then the choice lasts as long as the page
        root.dataset.theme = choice === "system" ? "" : choice;
      }
      apply();
    },
  };
  prefersDark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.addEventListener("beforeprint", function () {
    root.dataset.printing = "true";
    apply();
  });
  window.addEventListener("afterprint", function () {
    delete root.dataset.printing;
    apply();
  });
  apply();
})();
