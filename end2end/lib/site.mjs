// The running site under test, as the test runner describes it in the environment.

import { readFileSync } from "node:fs";

/** A setting that the test runner has to give; `cargo xtask test` does. */
function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the browser tests by \`cargo xtask test --only browser\``);
  return value;
}

/** `demo.json`: the address, the people with their passwords and tokens, the deployments. */
export const demo = JSON.parse(readFileSync(setting("SLIPWAY_DEMO_JSON"), "utf8"));
export const url = demo.url;
export const repository = new URL("../..", import.meta.url).pathname;

/** The person of a role: `engineer`, `approver`, `stakeholder`, `oncall`, `admin`, `viewer`. */
export function person(role) {
  const found = demo.users.find((user) => user.role === role);
  if (!found) throw new Error(`the demo has no ${role}`);
  return found;
}

/** Calls the REST API as a person of a role and returns the JSON; throws on any refusal. */
export async function api(role, method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${person(role).token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Asks again and again until `look` gives something true; fails after `seconds` with what it was waiting for. */
export async function until(what, seconds, look) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((wake) => setTimeout(wake, 500));
  }
}
