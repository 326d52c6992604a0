// axe-core, on every page, in both themes and at three widths.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 768, 1440];
// Nothing but colours depends on the theme.
const RULES = { light: {}, dark: { runOnly: ["color-contrast"] } };
// axe does not read MathML, and so finds a header empty that is a formula; browsers read it.
const isFormula = (rule, html) => rule === "empty-table-header" && html.includes("<math");

// What scrolls is marked in the frame after the one that tells of the new width.
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function violations(page, rules) {
  const run = (options) => window.axe.run(document, options);
  const { violations } = await page.evaluate(run, { resultTypes: ["violations"], preload: false, ...rules });
  return violations.flatMap(({ id, nodes }) => nodes.filter(({ html }) => !isFormula(id, html)).map(({ html }) => `${id}: ${html}`));
}

export async function accessibility({ files, address, browser, row }) {
  let count = 0;
  const page = await browser.newPage();
  for (const file of files) {
    await page.goto(`${address}/${file}`);
    await page.evaluate(SOURCE);
    await page.evaluate(() => document.querySelectorAll("main details").forEach((details) => { details.open = true; }));
    for (const [theme, rules] of Object.entries(RULES)) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      for (const width of WIDTHS) {
        await page.setViewport({ width, height: 800 });
        await settled(page);
        const found = await violations(page, rules);
        for (const violation of found) console.error(`${file}, ${theme}, ${width} px: ${violation}`);
        count += found.length;
      }
    }
  }
  await page.close();
  row(`axe-core, violations on ${files.length} pages, light and dark, ${WIDTHS.join(", ")} px`, count, count === 0);
}
