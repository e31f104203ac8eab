// Sends one of each call and some tracks as a web page does; `told` is {writeKey, cdnURL}.
const analytics = AnalyticsNext.AnalyticsBrowser.load(window.told);

async function send() {
  await analytics.page("Docs", "Home", { path: "/docs" });
  await analytics.identify("u-81", { email: "ana@acme.test", name: "Ana Ruiz ✓" });
  await analytics.group("acme", { name: "Acme GmbH", employees: 240 });
  await analytics.screen("App", "Start", { dark: true });
  for (let n = 0; n < 20; n += 1) {
    const context = { groupId: `group-${n % 3}` };
    await analytics.track("Report Exported", { n, note: "Grüße" }, { context });
  }
  await analytics.alias("u-82", "u-81");
  document.title = "sent";
}

function fail(error) {
  document.title = `failed: ${error}`;
}

analytics.catch(fail); // It did not get its settings.
send().catch(fail);
