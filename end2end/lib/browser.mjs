// One Chromium for a test file, and pages in it that remember what went wrong in them.

import { chromium } from "playwright-core";
import { person, url } from "./site.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };
export const THEMES = ["light", "dark"];

/** Starts the machine's Chromium. */
export function launch() {
  return chromium.launch({ executablePath: process.env.SLIPWAY_CHROMIUM, headless: true, args: FLAGS });
}

/**
 * A page of its own context, so that nobody is signed in.
 * `page.problems` collects what a person would find in the console: errors, exceptions, failed requests.
 */
export async function open(browser, { size = "desk", theme = "light", javaScript = true } = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: SIZES[size],
    colorScheme: theme,
    reducedMotion: "reduce",
    javaScriptEnabled: javaScript,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.problems = [];
  page.on("console", (message) => message.type() === "error" && page.problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.problems.push(`exception: ${error.message}`));
  page.on("response", (response) => response.status() >= 500 && page.problems.push(`${response.status()} ${response.url()}`));
  return page;
}

/** Waits until the page is not only there but alive: the browser's half has taken over. */
export async function hydrated(page) {
  await page.waitForFunction(() => document.documentElement.hasAttribute("data-hydrated"), null, { timeout: 30_000 });
}

/** Signs in through the form, as a person of a role. Works with and without JavaScript. */
export async function signIn(page, role) {
  const { email, password } = person(role);
  await page.goto("/sign-in");
  await page.fill('input[name="email"]', email);
  await page.fill('input[name="password"]', password);
  await Promise.all([page.waitForURL((address) => !address.pathname.startsWith("/sign-in")), page.click('form button[type="submit"]')]);
}
