// What a first visit to a page costs, and how soon a phone shows it.
const PHONE = { width: 390, height: 844, deviceScaleFactor: 3, isMobile: true, hasTouch: true };
// Lighthouse's slow 4G and mid-range phone, applied and not simulated.
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const CPU = 4;
const VISITS = 5;

// In the page, before anything else: keep what the browser tells of shifts and of the largest paint.
function observe() {
  window.seen = { shift: 0, paint: 0 };
  const keep = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, buffered: true });
  keep("layout-shift", (entry) => { window.seen.shift += entry.value; });
  keep("largest-contentful-paint", (entry) => { window.seen.paint = entry.startTime; });
}

async function visit({ browser, address, page: path }, isThrottled) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const session = await page.createCDPSession();
  await page.setViewport(PHONE);
  await session.send("Network.enable");
  if (isThrottled) {
    await session.send("Network.emulateNetworkConditions", SLOW_4G);
    await session.send("Emulation.setCPUThrottlingRate", { rate: CPU });
  }
  const urls = new Map();
  const bytes = {};
  session.on("Network.responseReceived", ({ requestId, type, response }) => urls.set(requestId, { type, url: response.url }));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const { type } = urls.get(requestId);
    bytes[type] = (bytes[type] ?? 0) + encodedDataLength;
  });
  await page.evaluateOnNewDocument(observe);
  await page.goto(`${address}/${path}`, { waitUntil: "networkidle0" });
  await page.evaluate(async () => {
    const later = (time) => new Promise((done) => setTimeout(done, time));
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight) { scrollTo(0, y); await later(60); }
    await later(300);
  });
  const seen = await page.evaluate(() => window.seen);
  await context.close();
  return { bytes, seen, hosts: new Set([...urls.values()].map(({ url }) => new URL(url).origin)) };
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
const kilobytes = (count) => `${(count / 1000).toFixed(1)} KB`;

export async function firstVisit(site) {
  const { bytes, seen, hosts } = await visit(site, false);
  const total = Object.values(bytes).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(bytes).map(([type, count]) => `${type.toLowerCase()} ${kilobytes(count)}`);
  site.row("first visit over the wire, headers included, scrolled to the end", `${kilobytes(total)} (${parts.join(", ")})`, total <= 60_000);
  site.row("hosts asked", hosts.size, hosts.size === 1);
  site.row("cumulative layout shift, scrolled to the end", seen.shift.toFixed(3), seen.shift === 0);
  const paints = [];
  for (let count = 0; count < VISITS; count += 1) paints.push((await visit(site, true)).seen.paint);
  const spread = `${Math.round(Math.min(...paints))} to ${Math.round(Math.max(...paints))} ms`;
  site.row(`largest contentful paint, phone: slow 4G, CPU ${CPU} times slower, median of ${VISITS}`, `${Math.round(median(paints))} ms (${spread})`, median(paints) < 1000);
}
