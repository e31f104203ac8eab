// Runs before the first paint, so that a dark page never flashes white.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wish = () => { try { return localStorage.getItem("theme") || "system"; } catch { return "system"; } };
  const apply = () => {
    const theme = wish();
    root.dataset.bsTheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  };
  dark.addEventListener("change", apply);
  apply();
  window.hubTheme = { wish, set(theme) { try { localStorage.setItem("theme", theme); } catch {} apply(); } };
})();
