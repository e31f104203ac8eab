// Sends one of each call and a crowd of tracks with the SDK for Node: HOST KEY.
const { Analytics } = require("@segment/analytics-node");

const [host, writeKey] = process.argv.slice(2);
const start = Date.UTC(2026, 0, 5, 10);
const analytics = new Analytics({ writeKey, host, flushAt: 50 });
const troubles = [];
analytics.on("error", (error) => troubles.push(error));

const timestamp = new Date(start);
const userId = "u-81";
analytics.identify({ userId, traits: { email: "ana@acme.test", name: "Ana Ruiz ✓" }, timestamp });
analytics.group({ userId, groupId: "acme", traits: { name: "Acme GmbH", employees: 240 }, timestamp });
analytics.page({ userId, category: "Docs", name: "Home", properties: { path: "/docs" }, timestamp });
analytics.screen({ userId, category: "App", name: "Start", properties: { dark: true }, timestamp });
analytics.alias({ userId, previousId: "anonymous-7", timestamp });
for (let n = 0; n < 230; n += 1) {
  analytics.track({
    userId: String(1000 + n),
    event: "Report Exported",
    properties: { n, note: "Grüße" },
    context: { groupId: `group-${n % 3}` },
    timestamp: new Date(start + n * 3600000),
  });
}
analytics.closeAndFlush({ timeout: 20000 }).then(() => {
  console.log(troubles.length ? troubles : "sent");
  process.exit(troubles.length ? 1 : 0);
});
