// The story of a release, played through the pages by the people who play it: an engineer registers a version and asks,
// an approver signs, a canary goes through, a bad one comes back by itself, the world changes, a stakeholder reads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hydrated, launch, open, signIn } from "./lib/browser.mjs";
import { shot } from "./lib/shots.mjs";
import { api, person, repository, until, url } from "./lib/site.mjs";
import { records, send } from "./lib/traffic.mjs";

const CHURN = `${repository}examples/churn/`;
const HOSTILE = `${repository}examples/hostile/`;

let browser;
let engineer;
let approver;
/** Addresses of the pages that one act leaves to the next. */
const left = {};

before(async () => {
  browser = await launch();
  engineer = await open(browser);
  approver = await open(browser);
  await signIn(engineer, "engineer");
  await signIn(approver, "approver");
});

after(() => browser?.close());

/** Fills in the form for a new version and sends it. */
async function register(page, files, notes) {
  await page.goto("/models/churn/new");
  await hydrated(page);
  for (const [name, path] of Object.entries(files)) await page.setInputFiles(`input[name="${name}"]`, path);
  await page.fill('input[name="label_column"]', "churn");
  await page.fill('input[name="positive"]', "yes");
  await page.fill('input[name="segments"]', "international_plan, area_code");
  await page.fill('textarea[name="notes"]', notes);
  await page.click('button:has-text("Register the version")');
}

/** Waits until the gates of a version have all been run, then asks for promotion; leads to the approval's page. */
async function ask(page, version, reason) {
  await until(`gates of version ${version}`, 120, async () => {
    const gates = await api("engineer", "GET", `/api/v1/models/churn/versions/${version}/gates`).catch(() => null);
    return gates?.ran && gates.gates.length > 0;
  });
  await page.goto(`/models/churn/${version}`);
  await hydrated(page);
  await page.click('a[role="button"]:has-text("Ask for promotion")');
  const dialog = page.locator("dialog[open]");
  await dialog.locator('select[name="deployment"]').selectOption("churn");
  await dialog.locator('input[name="plan"][value="short"]').check();
  await dialog.locator('textarea[name="reason"]').fill(reason);
  await dialog.locator('button[type="submit"]').click();
  await page.waitForURL(/\/inbox\/./);
  return new URL(page.url()).pathname;
}

/** The approver finds the request in the inbox, reads it, and signs; leads to the rollout's address. */
async function sign(page, approval, comment) {
  await page.goto("/inbox");
  await hydrated(page);
  await page.click(`main a[href="${approval}"]`);
  await page.waitForURL(`**${approval}`);
  await page.locator("#sign").waitFor();
  await page.fill('#sign textarea[name="comment"]', comment);
  const password = page.locator('#sign input[name="password"]');
  if (await password.count()) await password.fill(person("approver").password);
  await page.click('#sign button[value="approve"]');
  await page.locator("#sign .sigs").waitFor();
  const rollout = await until("a rollout that follows the signature", 20, async () => {
    const shown = await api("approver", "GET", `/api/v1/approvals/${approval.split("/").pop()}`);
    return shown.rollout;
  });
  return `/releases/${rollout}`;
}

/** Watches a rollout's page, without reloading it, until it says how it ended. */
async function watch(page, rollout, words) {
  await page.goto(rollout);
  await hydrated(page);
  const heading = page.locator("main").getByText(words).first();
  await heading.waitFor({ timeout: 300_000 });
  return page.locator("main").innerText();
}

test("a hostile file is refused on the page, with words, and leaves nothing", async () => {
  const before = await api("engineer", "GET", "/api/v1/models/churn/versions");
  for (const file of ["truncated.onnx", "external_data_escape.onnx", "empty.onnx", "bomb.zip"]) {
    await register(engineer, { file: HOSTILE + file }, "Not a model.");
    const note = engineer.locator("main [role=alert], main .note").first();
    await note.waitFor();
    assert.match(await engineer.locator("main").innerText(), /Nothing was stored/, file);
  }
  const after = await api("engineer", "GET", "/api/v1/models/churn/versions");
  assert.equal(after.items.length, before.items.length);
});

test("an upload that is too large is refused on the page, with the limit in words", async () => {
  const before = await api("engineer", "GET", "/api/v1/models/churn/versions");
  const large = { name: "large.onnx", mimeType: "application/octet-stream", buffer: Buffer.alloc(1024 * 1024) };
  await engineer.goto("/models/churn/new");
  await hydrated(engineer);
  await engineer.fill('textarea[name="notes"]', "Larger than the server takes.");
  // The browser driver hands over at most 50 MB: the page itself makes the file as large as it has to be.
  await engineer.setInputFiles('input[name="file"]', large);
  await engineer.evaluate((bytes) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(bytes)], "large.onnx"));
    document.querySelector('input[name="file"]').files = files.files;
  }, 70 * 1024 * 1024);
  await engineer.click('button:has-text("Register the version")');
  await engineer.locator("main").getByText(/larger than the 64 MiB that this server takes/).first().waitFor({ timeout: 60_000 });
  assert.equal(await engineer.inputValue('textarea[name="notes"]'), "Larger than the server takes.");
  const after = await api("engineer", "GET", "/api/v1/models/churn/versions");
  assert.equal(after.items.length, before.items.length);
});

test("an engineer registers version 3 in the browser, and its gates pass", async () => {
  await register(
    engineer,
    { file: `${CHURN}v3.onnx`, reference: `${CHURN}reference.csv`, heldback: `${CHURN}heldback.csv` },
    "Gradient boosting on all columns but retention_calls.",
  );
  await engineer.waitForURL("**/models/churn/3");
  await shot(engineer, "story-version-3");
  await engineer.goto("/models/churn/3/contract");
  const contract = await engineer.locator("main").innerText();
  for (const feature of ["total_day_minutes", "international_plan", "area_code"]) assert.ok(contract.includes(feature), feature);
});

test("the engineer asks for promotion and cannot sign it; the approver can", async () => {
  left.approval = await ask(engineer, 3, "Better on held-back customers.");
  assert.equal(await engineer.locator('#sign button[value="approve"]').count(), 0);
  await shot(engineer, "story-approval-3");
  left.rollout = await sign(approver, left.approval, "Better on the same customers.");
});

test("a good canary goes to 100 % by itself, while the page is watched", async () => {
  const text = await watch(engineer, left.rollout, /version 3 (is|serves|replaced|has)|completed|100%/i);
  await until("the rollout of version 3 to be complete", 300, async () => {
    const rollout = await api("engineer", "GET", `/api/v1/rollouts/${left.rollout.split("/").pop()}`);
    assert.notEqual(rollout.phase, "rolled_back", JSON.stringify(rollout.answer));
    return rollout.phase === "completed";
  });
  assert.ok(text.length > 100);
  await shot(engineer, "story-rollout-3");
  const deployment = await api("engineer", "GET", "/v2/models/churn");
  assert.ok(deployment.versions.includes("3"));
});

test("somebody rolls back by hand on the page of the deployment, and has to say why", async () => {
  const serves = async () => (await api("engineer", "GET", "/api/v1/deployments/churn")).stable;
  assert.equal(await serves(), 3);
  await engineer.goto("/fleet/churn");
  await hydrated(engineer);
  await engineer.click('a[role="button"]:has-text("Roll back to version")');
  const dialog = engineer.locator("dialog[open]");
  await dialog.locator('button[type="submit"]').click();
  assert.ok(await dialog.isVisible(), "without a reason it must not go through");
  assert.equal(await serves(), 3);
  await dialog.locator('textarea[name="reason"]').fill("The desk reports odd letters.");
  await dialog.locator('button[type="submit"]').click();
  const back = await until("another version to be stable", 20, async () => ((await serves()) === 3 ? 0 : await serves()));
  await engineer.locator("main").getByText(/The desk reports odd letters/).locator("visible=true").first().waitFor();
  await shot(engineer, "story-rolled-back");
  // The way on is the same act: the rest of the story is about version 3.
  await api("engineer", "POST", "/api/v1/deployments/churn/rollback", { to: 3, reason: "The letters were right." });
  assert.deepEqual([back < 3, await serves()], [true, 3]);
});

test("a bad canary comes back by itself, and the page shows the numbers that decided", async () => {
  await register(
    engineer,
    { file: `${CHURN}v4.onnx`, reference: `${CHURN}reference.csv`, heldback: `${CHURN}heldback.csv` },
    "As version 3, with the calls of the retention desk.",
  );
  await engineer.waitForURL("**/models/churn/4");
  const approval = await ask(engineer, 4, "Accuracy goes up once more.");
  left.bad = await sign(approver, approval, "All gates passed.");
  await engineer.goto(left.bad);
  await hydrated(engineer);
  const ended = await until("the rollout of version 4 to end", 420, async () => {
    const rollout = await api("engineer", "GET", `/api/v1/rollouts/${left.bad.split("/").pop()}`);
    return ["rolled_back", "completed", "aborted"].includes(rollout.phase) && rollout;
  });
  assert.equal(ended.phase, "rolled_back", JSON.stringify(ended.answer));
  assert.ok(ended.guardrails.some((guardrail) => guardrail.worse_at), "a guardrail that was shown to be worse");
  // The page that stayed open has heard of it.
  await engineer.locator("main").getByText(/rolled back/i).first().waitFor();
  await shot(engineer, "story-rollout-4");
  const answer = await fetch(`${url}/v2/models/churn/ready`);
  assert.equal(answer.status, 200);
});

test("pause, resume, advance and abort work, say what happens, and want a reason", async () => {
  const started = await api("engineer", "POST", "/api/v1/approvals", {
    model: "churn",
    // The gates of version 4 ran against version 3, which is the champion still.
    version: 4,
    deployment: "churn",
    reason: "A rollout to drive by hand.",
    plan: byHand(),
  });
  const rollout = await sign(approver, `/inbox/${started.id}`, "For the exercise.");
  await engineer.goto(rollout);
  await hydrated(engineer);
  for (const [act, phase] of [["pause", "paused"], ["resume", "running"], ["advance", "running"], ["abort", "aborted"]]) {
    await engineer.goto(`${rollout}?dialog=${act}`);
    await hydrated(engineer);
    const dialog = engineer.locator("dialog[open]");
    await dialog.locator('button[type="submit"]').click();
    assert.ok(await dialog.isVisible(), `${act} without a reason must not go through`);
    await dialog.locator('textarea[name="reason"]').fill(`Trying ${act}.`);
    await dialog.locator('button[type="submit"]').click();
    await until(`${act} to be done`, 20, async () => {
      const now = await api("engineer", "GET", `/api/v1/rollouts/${rollout.split("/").pop()}`);
      if (act === "advance") return now.steps.findIndex((step) => step.state === "current") === 1;
      return now.phase === phase;
    });
  }
  await engineer.goto(rollout);
  assert.match(await engineer.locator("main").innerText(), /Trying abort/);
});

function byHand() {
  const step = (weight) => ({ weight, seconds: 0, min_requests: 0, exit: "manual" });
  return {
    steps: [step(1), step(5), step(100)],
    guardrails: [{ metric: "error_rate", limit: 0.5, worse: "higher", required: true }],
    alpha: 0.05,
    planned_requests: 1000,
  };
}

test("drift: the world changes, an alert appears on a page that is open, and the drift page names the feature", async () => {
  const oncall = await open(browser);
  await signIn(oncall, "oncall");
  await oncall.goto("/fleet");
  await hydrated(oncall);
  const traffic = send("churn", records("churn", "live_drifted.csv"), { callers: 2, together: 25, seconds: 400 });
  try {
    await until("an alert about total_day_minutes", 300, async () => {
      const alerts = await api("oncall", "GET", "/api/v1/alerts?deployment=churn");
      return JSON.stringify(alerts.items).includes("total_day_minutes");
    });
    // Without a reload: the open fleet page tells it.
    await oncall.locator("main").getByText(/total_day_minutes|drift/i).first().waitFor({ timeout: 30_000 });
    await shot(oncall, "story-fleet-drift");
    await oncall.goto("/fleet/churn/drift?feature=total_day_minutes");
    assert.match(await oncall.locator("main").innerText(), /total_day_minutes/);
    await shot(oncall, "story-drift");
  } finally {
    assert.ok((await traffic.stop()) > 100);
  }
  await oncall.context().close();
});

test("outcomes arrive late and give realised accuracy with its coverage", async () => {
  const quality = await until("realised quality", 120, async () => {
    await engineer.goto("/fleet/churn/quality");
    const text = await engineer.locator("main").innerText();
    return /coverage|known|outcomes/i.test(text) && /\d%/.test(text) && text;
  });
  assert.match(quality, /accura/i);
  await shot(engineer, "story-quality");
});

test("a stakeholder reads a shared report without signing in, and prints it", async () => {
  await until("an explainability report of version 3", 180, async () => {
    await engineer.goto("/models/churn/3/explain");
    await hydrated(engineer);
    // While one is being made, the button is off and says so.
    const make = engineer.locator('button[type="submit"]:has-text("Make the report")');
    if (await make.count()) await make.first().click();
    return (await engineer.locator('a[role="button"]:has-text("Share by a link")').count()) > 0;
  });
  await engineer.click('a[role="button"]:has-text("Share by a link")');
  await engineer.locator('dialog[open] button[type="submit"]').click();
  const link = engineer.locator('a:has-text("Open it as a reader does")');
  await link.waitFor();
  const address = new URL(await link.getAttribute("href"), url).pathname;
  const reader = await open(browser);
  const response = await reader.goto(address);
  assert.equal(response.status(), 200);
  const text = await reader.locator("main, body").first().innerText();
  assert.match(text, /total day minutes/i);
  await shot(reader, "story-report");
  const printed = await reader.pdf({ format: "A4" });
  assert.ok(printed.length > 10_000);
  await reader.context().close();
});

test("everything is in the audit log, and its chain holds", async () => {
  const admin = await open(browser);
  await signIn(admin, "admin");
  await admin.goto("/audit");
  const text = await admin.locator("main").innerText();
  assert.ok(text.length > 200);
  const verdict = await api("admin", "GET", "/api/v1/audit/verify");
  assert.equal(verdict.intact, true, JSON.stringify(verdict));
  await shot(admin, "story-audit");
  await admin.context().close();
});
