/**
 * A browser on the built pages: what the accessibility check and the pictures have in common. The
 * pages are served under the policy that they have in the shell, so that what breaks it shows here.
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
].join('; ');

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Serves the built pages on a port of the system's choosing. */
export async function servePages() {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === '/favicon.ico') return response.writeHead(204).end();
    const file = join(dist, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': policy,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/**
 * Starts Chromium, found at SKINAI_CHROMIUM or where distributions put it, without background traffic. The
 * headless shell draws the pages alone; the whole browser draws its own tabs too, and takes half as long again.
 */
export async function startBrowser() {
  const places = [
    process.env.SKINAI_CHROMIUM,
    '/usr/bin/chromium-headless-shell',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath)
    throw new Error('no Chromium found: install the package chromium, or set SKINAI_CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** The names of all states, as the overview lists them. */
export async function stateNames(page, origin) {
  // The states themselves, which it shows in frames, need not be there.
  await page.goto(`${origin}/states/`, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('[data-state-name]');
  return page.$$eval('[data-state-name]', (items) => items.map((item) => item.dataset.stateName));
}

/** Opens a page as the shell does: its prototypes frozen, so that what would break there breaks here. */
export async function openPage(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.addInitScript(() => Object.freeze(Object.prototype));
  return { page, problems, close: () => context.close() };
}

/**
 * Waits until a page rests: its heading and pictures are there, and nothing in it has changed or moved for
 * longer than it itself ever waits before it shows what a setting is wrong in. That is measured by a timer of
 * the page, which comes after those that the page set before, however busy the machine is.
 */
export async function rest(page) {
  await page.waitForSelector('h1');
  await page.evaluate(
    ({ quietMs, withinMs }) =>
      new Promise((resolve, reject) => {
        const isLoading = (image) => !image.complete && image.loading !== 'lazy';
        const isMoving = (animation) =>
          animation.playState === 'running' && animation.effect?.getComputedTiming().endTime !== Infinity;
        const settled = () =>
          document.fonts.status === 'loaded' &&
          ![...document.images].some(isLoading) &&
          !document.getAnimations().some(isMoving);
        let quiet;
        const begin = () => {
          clearTimeout(quiet);
          quiet = setTimeout(() => (settled() ? end(resolve) : begin()), quietMs);
        };
        const observer = new MutationObserver(begin);
        const bound = setTimeout(
          () => end(() => reject(new Error(`the page does not rest within ${withinMs} ms`))),
          withinMs,
        );
        const end = (tell) => {
          observer.disconnect();
          clearTimeout(quiet);
          clearTimeout(bound);
          tell();
        };
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        begin();
      }),
    { quietMs: 200, withinMs: 20_000 },
  );
}
