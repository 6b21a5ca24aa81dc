// Requests that a test sends by itself: rows of an example's table through the real endpoint, as any caller would.

import { readFileSync } from "node:fs";
import { repository, url } from "./site.mjs";

/** Rows of a table as records, numbers as numbers, empty fields left out. */
export function records(example, table) {
  const [header, ...lines] = readFileSync(`${repository}examples/${example}/${table}`, "utf8").trim().split("\n");
  const names = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(
      line
        .split(",")
        .map((text, at) => [names[at], text])
        .filter(([, text]) => text !== "")
        .map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)]),
    ),
  );
}

/**
 * Sends records over and over until `stop()`, some at a time. Returns `{ stop }`, which gives how many were answered.
 * The load is bounded: `callers` requests at once, and not longer than `seconds`.
 */
export function send(deployment, rows, { callers = 4, together = 10, seconds = 300 } = {}) {
  let stopped = false;
  let answered = 0;
  const end = Date.now() + seconds * 1000;
  const caller = async (number) => {
    for (let at = number * together; !stopped && Date.now() < end; at += callers * together) {
      const part = Array.from({ length: together }, (_, index) => rows[(at + index) % rows.length]);
      const response = await fetch(`${url}/api/v1/deployments/${deployment}/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ records: part, routing_key: `test-${number}-${at}` }),
      });
      if (response.ok) answered += part.length;
      await response.arrayBuffer();
      await new Promise((wake) => setTimeout(wake, 50));
    }
  };
  const done = Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  return {
    async stop() {
      stopped = true;
      await done;
      return answered;
    },
  };
}
