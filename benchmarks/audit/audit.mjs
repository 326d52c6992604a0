// Audit a built site as a reader's browser meets it; print a table. `node audit.mjs SITE PAGE [check …]`
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import puppeteer from "puppeteer-core";
import { accessibility } from "./axe.mjs";
import { lighthouseScores } from "./lighthouse.mjs";
import { markup } from "./nu.mjs";
import { serve } from "./server.mjs";
import { firstVisit } from "./weight.mjs";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const QUIETLY = `--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);
const CHECKS = { nu: markup, axe: accessibility, weight: firstVisit, lighthouse: lighthouseScores };

const [folder = "public", page = "normalization/group_norm/", ...wanted] = process.argv.slice(2);
const site = resolve(folder);
const files = (await readdir(site, { recursive: true })).filter((file) => file.endsWith(".html")).sort();
const { address, close } = await serve(site);
const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: QUIETLY });

let failed = false;
const row = (name, value, passes = true) => {
  failed ||= !passes;
  console.log(`| ${name} | ${value} |${passes ? "" : " MISSED"}`);
};
console.log(`| ${page}, ${await browser.version()}, Node ${process.version} | |\n|---|---|`);
for (const [name, check] of Object.entries(CHECKS)) {
  if (!wanted.length || wanted.includes(name)) await check({ site, files, address, page, browser, row });
}
await browser.close();
close();
process.exitCode = failed ? 1 : 0;
