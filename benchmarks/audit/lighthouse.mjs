// Lighthouse, as on a phone and on a desktop; the median of a few runs, by performance.
import lighthouse, { desktopConfig } from "lighthouse";

const RUNS = 3;
const LEAST = { performance: 99, accessibility: 100, "best-practices": 100, seo: 100 };

function scores({ lhr }) {
  return Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]));
}

export async function lighthouseScores({ address, page, browser, row }) {
  const port = Number(new URL(browser.wsEndpoint()).port);
  for (const [device, config] of [["mobile", undefined], ["desktop", desktopConfig]]) {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      runs.push(scores(await lighthouse(`${address}/${page}`, { port, logLevel: "error" }, config)));
    }
    const { [Math.floor(RUNS / 2)]: middle } = runs.toSorted((one, other) => one.performance - other.performance);
    const shown = Object.entries(LEAST).map(([id]) => `${id} ${middle[id]}`).join(", ");
    row(`Lighthouse, ${device}, median of ${RUNS}`, shown, Object.entries(LEAST).every(([id, least]) => middle[id] >= least));
  }
}
