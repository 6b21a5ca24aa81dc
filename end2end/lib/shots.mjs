// Pictures of pages for people to look at, in a folder outside the repository.

import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = process.env.SLIPWAY_SHOTS ?? join(tmpdir(), "slipway-shots");
mkdirSync(folder, { recursive: true });

/** Saves the whole page under a name and returns where. */
export async function shot(page, name) {
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: "disabled" });
  return path;
}
