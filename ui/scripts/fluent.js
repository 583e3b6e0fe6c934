/**
 * Holds the panel under load against bounds: the main thread has to have time left, and neither the
 * document nor the memory may grow. Needs `npm run build:states`.
 */
import { openPage, servePages, startBrowser } from './browser.js';

const seconds = 5;
/** Of the main thread's time, so much at most. The machine may be shared with a build. */
const busyShareMax = 0.6;
const nodesMax = 20_000;
const heapMiBMax = 64;

const pages = await servePages();
const browser = await startBrowser();
const failures = [];
try {
  const { page, problems } = await openPage(browser, { viewport: { width: 420, height: 560 } });
  await page.goto(`${pages.origin}/states/?state=busy`);
  await page.waitForSelector('[data-service=worker-99]', { state: 'attached' });
  await page.waitForTimeout(1000);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const pushed = () => page.evaluate(() => Number(document.documentElement.dataset.pushed));
  const [before, pushedBefore] = [await read(), await pushed()];
  await page.waitForTimeout(seconds * 1000);
  const [after, pushedAfter] = [await read(), await pushed()];
  await devtools.send('HeapProfiler.collectGarbage');
  // What is garbage counts as a node until it is collected.
  const { JSHeapUsedSize, Nodes: nodes } = await read();
  const heap = JSHeapUsedSize / 2 ** 20;
  const lines = await page.$$eval('[data-log=lines] li', (items) => items.length);
  const share = (after.TaskDuration - before.TaskDuration) / (after.Timestamp - before.Timestamp);

  console.log(
    `${pushedAfter - pushedBefore} snapshots of 100 services in ${seconds} s: main thread busy ${(share * 100).toFixed(0)} %, ` +
      `${nodes} nodes, ${lines} log lines in the document, heap ${heap.toFixed(1)} MiB`,
  );
  if (share > busyShareMax)
    failures.push(`the main thread was busy ${(share * 100).toFixed(0)} % of the time`);
  if (nodes > nodesMax) failures.push(`the document has ${nodes} nodes`);
  if (heap > heapMiBMax) failures.push(`the heap holds ${heap.toFixed(1)} MiB`);
  if (lines === 0 || lines > 60) failures.push(`${lines} log lines are in the document`);
  if (pushedAfter - pushedBefore < seconds * 10) failures.push('snapshots came later than they were pushed');
  failures.push(...problems);
} finally {
  await browser.close();
  pages.close();
}
for (const failure of failures) console.error(failure);
process.exit(failures.length === 0 ? 0 : 1);
