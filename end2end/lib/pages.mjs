// Every page there is, with an address that works on the running demo. What has an id of its own is looked up first.

import { api, until } from "./site.mjs";

/** `{ name, path, role }` for each page; role is who looks at it, `null` for nobody. */
export async function pages() {
  const list = [
    { name: "sign-in", path: "/sign-in", role: null },
    { name: "fleet", path: "/fleet", role: "engineer" },
    { name: "deployment", path: "/fleet/churn", role: "engineer" },
    { name: "deployment-drift", path: "/fleet/churn/drift", role: "engineer" },
    { name: "deployment-drift-feature", path: "/fleet/churn/drift?feature=total_day_minutes", role: "engineer" },
    { name: "deployment-latency", path: "/fleet/churn/latency", role: "engineer" },
    { name: "deployment-resources", path: "/fleet/churn/resources", role: "engineer" },
    { name: "resources", path: "/resources", role: "engineer" },
    { name: "deployment-quality", path: "/fleet/churn/quality", role: "engineer" },
    { name: "deployment-alerts", path: "/fleet/churn/alerts", role: "engineer" },
    { name: "deployment-backtest", path: "/fleet/churn/alerts?rule=feature_drift&limit=0.2", role: "engineer" },
    { name: "models", path: "/models", role: "engineer" },
    { name: "model", path: "/models/churn", role: "engineer" },
    { name: "model-new", path: "/models/new", role: "engineer" },
    { name: "version", path: "/models/churn/2", role: "engineer" },
    { name: "version-contract", path: "/models/churn/2/contract", role: "engineer" },
    { name: "version-gates", path: "/models/churn/2/gates", role: "engineer" },
    { name: "version-explain", path: "/models/churn/2/explain", role: "engineer" },
    { name: "version-activity", path: "/models/churn/2/activity", role: "engineer" },
    { name: "version-new", path: "/models/churn/new", role: "engineer" },
    { name: "releases", path: "/releases", role: "engineer" },
    { name: "alerts", path: "/alerts", role: "oncall" },
    { name: "incidents", path: "/incidents", role: "oncall" },
    { name: "channels", path: "/alerts/channels", role: "engineer" },
    { name: "channels-email", path: "/alerts/channels?kind=email", role: "engineer" },
    { name: "inbox", path: "/inbox", role: "approver" },
    { name: "audit", path: "/audit", role: "admin" },
    { name: "styleguide", path: "/styleguide", role: "engineer" },
    { name: "not-found", path: "/no/such/page", role: "engineer", status: 404 },
  ];
  const rollouts = await api("engineer", "GET", "/api/v1/rollouts?deployment=churn");
  if (rollouts.items.length) list.push({ name: "rollout", path: `/releases/${rollouts.items[0].id}`, role: "oncall" });
  const incidents = await api("oncall", "GET", "/api/v1/incidents");
  const opened = { deployment: "churn", title: "Somebody has seen something", note: "Opened by a test." };
  const incident = incidents.items[0] ?? (await api("oncall", "POST", "/api/v1/incidents", opened));
  list.push({ name: "incident", path: `/incidents/${incident.id}`, role: "oncall" });
  const approvals = await api("approver", "GET", "/api/v1/approvals");
  if (approvals.items.length) list.push({ name: "approval", path: `/inbox/${approvals.items[0].id}`, role: "approver" });
  list.push({ name: "report", path: await report(), role: null });
  return list;
}

/** The address of a shared report: whoever has it may read, without signing in. */
async function report() {
  await api("engineer", "POST", "/api/v1/reports", { model: "churn", version: 2 });
  const made = await until("a report of version 2 of churn", 120, async () => {
    return (await api("engineer", "GET", "/api/v1/models/churn/versions/2/report")).report;
  });
  const share = await api("engineer", "POST", `/api/v1/reports/${made.id}/shares`, {});
  return new URL(share.url, "http://localhost").pathname;
}
