// What holds on every page: it arrives complete without JavaScript, comes alive without a complaint, passes axe in both
// themes, and fits a narrow screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { overflow, violations } from "./lib/accessible.mjs";
import { hydrated, launch, open, signIn, THEMES } from "./lib/browser.mjs";
import { pages } from "./lib/pages.mjs";
import { shot } from "./lib/shots.mjs";

let browser;
let list;

before(async () => {
  browser = await launch();
  list = await pages();
});

after(() => browser?.close());

/** Visits every page of the list as the person who looks at it, signing in once for each. */
async function visitAll(options, look) {
  const failures = [];
  for (const role of new Set(list.map((page) => page.role))) {
    const page = await open(browser, options);
    try {
      if (role) await signIn(page, role);
      for (const entry of list.filter((entry) => entry.role === role)) {
        page.problems.length = 0;
        const response = await page.goto(entry.path);
        if (response.status() !== (entry.status ?? 200)) failures.push(`${entry.name}: status ${response.status()}`);
        for (const failure of (await look(page, entry)) ?? []) failures.push(`${entry.name}: ${failure}`);
      }
    } finally {
      await page.context().close();
    }
  }
  assert.deepEqual(failures, []);
}

for (const theme of THEMES) {
  test(`every page comes alive without a complaint and passes axe (${theme})`, async () => {
    await visitAll({ theme }, async (page, entry) => {
      await hydrated(page);
      const found = await violations(page);
      await shot(page, `${entry.name}-1440-${theme}`);
      // A page that is meant to be missing says so in the console, too.
      const problems = page.problems.filter((problem) => !(entry.status === 404 && problem.includes("404")));
      return [...found, ...problems];
    });
  });
}

test("every page says the same with JavaScript off", async () => {
  const scripted = new Map();
  try {
    for (const role of new Set(list.map((page) => page.role))) {
      const page = await open(browser, {});
      if (role) await signIn(page, role);
      scripted.set(role, page);
    }
    await visitAll({ javaScript: false }, async (page, entry) => {
      const alive = scripted.get(entry.role);
      let failures = [];
      // Live traffic may move a page between the two looks (another feature is the worst, an alert begins), so that a
      // difference counts when it stays.
      for (let look = 0; look < 3; look++) {
        if (look > 0) await page.goto(entry.path);
        await alive.goto(entry.path);
        await hydrated(alive);
        failures = missing(await said(page), await said(alive));
        if (failures.length === 0) break;
      }
      return failures;
    });
  } finally {
    for (const page of scripted.values()) await page.context().close();
  }
});

/** What the page without JavaScript lacks of what the page with it says. */
function missing(still, live) {
  const failures = [];
  if (!still.h1) failures.push("no heading without JavaScript");
  // The styleguide shows a button at work, with and without JavaScript.
  if (still.busy > live.busy) failures.push(`${still.busy} parts are still loading without JavaScript`);
  for (const heading of live.headings) if (!still.headings.includes(heading)) failures.push(`lacks the section “${heading}”`);
  if (still.columns < live.columns) failures.push(`${still.columns} columns of tables instead of ${live.columns}`);
  return failures;
}

/** What a page says, apart from the numbers that live traffic moves. */
function said(page) {
  return page.evaluate(() => ({
    h1: document.querySelector("h1")?.textContent.trim(),
    headings: [...document.querySelectorAll("h2")].map((heading) => heading.textContent.trim()).filter((text) => !/\d/.test(text)),
    columns: document.querySelectorAll("th[scope=col], thead th").length,
    busy: document.querySelectorAll('[aria-busy="true"]').length,
  }));
}

test("no page scrolls sideways on a phone or at 320 pixels", async () => {
  for (const size of ["phone", "narrow"]) {
    await visitAll({ size }, async (page, entry) => {
      if (size === "phone") await shot(page, `${entry.name}-390-light`);
      const pixels = await overflow(page);
      return pixels > 0 ? [`${pixels} pixels too wide (${size})`] : [];
    });
  }
});
