// Runs in the head, before anything is painted: a dark room must not flash white.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (remembered("room") === "dark") root.classList.add("room");
  document.addEventListener("DOMContentLoaded", setUp);

  function remembered(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage can be switched off: the page works without
    }
  }

  function remember(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // as above
    }
  }

  function setUp() {
    const button = document.getElementById("room");
    button.hidden = false;
    button.setAttribute("aria-pressed", String(root.classList.contains("room")));
    button.addEventListener("click", () => {
      const dark = root.classList.toggle("room");
      button.setAttribute("aria-pressed", String(dark));
      remember("room", dark ? "dark" : "light");
    });
  }
})();
