// What pages do by themselves: live refresh, times that stay true, theme, copying.
(() => {
  const all = (selector) => document.querySelectorAll(selector);

  const STEPS = [[60, "sec"], [60, "min"], [24, "hour"], [30.44, "day"], [12, "month"], [Infinity, "year"]];
  function spoken(seconds) {
    let amount = Math.abs(seconds);
    if (amount < 10) return "just now";
    for (const [size, unit] of STEPS) {
      if (amount < size) {
        const n = Math.floor(amount), words = `${n} ${unit}${n === 1 || unit.length === 3 && unit !== "day" ? "" : "s"}`;
        return seconds > 0 ? `${words} ago` : `in ${words}`;
      }
      amount /= size;
    }
  }
  // A sandbox tenant's clock may be ahead of this browser's: what counts is the server's time.
  const skew = () => Number(document.body.dataset.skew || 0);
  function tickTimes() {
    const now = Date.now() + skew();
    for (const time of all("time[datetime]:not([data-day])")) {
      const words = spoken((now - Date.parse(time.dateTime)) / 1000);
      if (words && time.textContent !== words) time.textContent = words;
    }
  }
  const served = Number(document.body.dataset.now || Date.now());
  document.body.dataset.skew = String(served - Date.now());
  setInterval(tickTimes, 15000);

  function showTheme() {
    for (const name of all("[data-theme-name]")) name.textContent = window.hubTheme.wish();
  }
  const NEXT = { system: "light", light: "dark", dark: "system" };
  document.addEventListener("click", async (event) => {
    const theme = event.target.closest("[data-theme-next]");
    if (theme) { window.hubTheme.set(NEXT[window.hubTheme.wish()] || "system"); showTheme(); }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.dataset.copied = "";
      setTimeout(() => delete copy.dataset.copied, 1500);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  showTheme();

  const stream = document.getElementById("stream"), state = document.getElementById("live-state");
  const WORDS = { on: "live", off: "reconnecting…" };
  function live(name) {
    if (!state) return;
    state.dataset.state = name;
    state.querySelector("[data-live-words]").textContent = WORDS[name];
  }
  function concerns(element, ids) {
    const mine = element.dataset.liveId;
    return !mine || ids === "*" || ids.split(",").includes(mine);
  }
  let wasOff = false;
  stream?.addEventListener("ready", () => {
    live("on");
    // What moved while nobody listened is fetched once.
    if (wasOff) for (const element of all("[data-live]")) window.htmx.trigger(element, "refresh");
    wasOff = false;
  });
  for (const name of ["accounts", "connections", "deliveries", "privacy"]) {
    stream?.addEventListener(name, (event) => {
      for (const element of all(`[data-live~="${name}"]`)) {
        if (concerns(element, event.detail.data || "")) window.htmx.trigger(element, "refresh");
      }
    });
  }
  for (const name of ["htmx:sse:error", "htmx:sse:close"]) {
    document.addEventListener(name, () => { live("off"); wasOff = true; });
  }
})();
