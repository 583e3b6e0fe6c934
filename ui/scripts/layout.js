/**
 * Holds the layout of the panel against two promises, in English and German: nothing that can be clicked moves
 * under the pointer, whatever state the services go to, and however large the text, no port is cut off, at the
 * usual width no address either, and no control leaves the window. Needs `npm run build:states`.
 */
import { openPage, rest, servePages, startBrowser, stateNames } from './browser.js';

/** A wide one, and one in which the list does not fit. */
const windows = [
  { width: 420, height: 560 },
  { width: 360, height: 320 },
];
/** The narrowest window at 100, 125 and 150 %: a webview enlarges the whole page with the text. */
const widths = [360, 288, 240];
/** The usual width at the same sizes of text. */
const usualWidths = [420, 336, 280];
/** What services go to, and come back from. */
const changes = [
  'starting',
  'unhealthy',
  'backoff',
  'conflict',
  'failed',
  'stopping',
  'stopped',
  'wished',
  'long',
  'reasons',
  'ended',
  'refused',
];

const pages = await servePages();
const browser = await startBrowser();
const failures = [];
let looked = 0;
try {
  const { page, close } = await openPage(browser, {});
  const states = (await stateNames(page, pages.origin)).filter((name) => !/^(user|admin)-/.test(name));
  await close();
  const looks = ['en', 'de'].flatMap((lang) => [
    ...windows.flatMap((viewport) => [
      ...changes.map((state) => () => holdStill(lang, viewport, state)),
      () => dismissWelcome(lang, viewport),
    ]),
    ...widths.map((width) => () => fit(lang, width, states)),
    ...usualWidths.map((width) => () => showAddresses(lang, width)),
  ]);
  // Each page waits most of the time, until it is drawn or rests: several wait at once.
  const lane = async () => {
    for (let look = looks.shift(); look; look = looks.shift()) await look();
  };
  await Promise.all(Array.from({ length: 8 }, lane));
} finally {
  await browser.close();
  pages.close();
}
for (const failure of failures) console.error(failure);
console.log(
  `the layout was looked at ${looked} times: ${failures.length === 0 ? 'all is in its place' : `${failures.length} problems`}`,
);
process.exit(failures.length === 0 ? 0 : 1);

/** The panel while its services change, and what to do with what is wrong with it. */
async function changing(lang, viewport, look) {
  const { page, problems, close } = await openPage(browser, { viewport, reducedMotion: 'reduce' });
  await page.goto(`${pages.origin}/states/?state=changing&lang=${lang}`);
  await rest(page);
  const told = (what) => failures.push(`${lang} ${viewport.width}x${viewport.height}: ${what}`);
  await look(page, told);
  for (const problem of problems) told(problem);
  await close();
}

/** The pointer rests on each control in turn, while the services go to a state and back. */
function holdStill(lang, viewport, state) {
  return changing(lang, viewport, async (page, told) => {
    for (const from of ['healthy', state]) {
      const to = from === 'healthy' ? state : 'healthy';
      await page.mouse.move(1, 1);
      await become(page, from);
      const places = await page.evaluate(placesOfControls);
      for (const { x, y, name } of places) {
        await page.mouse.move(x, y);
        await page.evaluate(remember, { x, y });
        await become(page, to);
        const now = await page.evaluate(compare, { x, y });
        if (now !== null) told(`${from} to ${to}: ${name} is under the pointer, and then ${now}`);
        await page.mouse.move(1, 1);
        await become(page, from);
        looked += 1;
      }
    }
  });
}

/** What a person closes leaves nothing else to be clicked in its place. */
function dismissWelcome(lang, viewport) {
  return changing(lang, viewport, async (page, told) => {
    await become(page, 'healthy');
    const welcome = page.locator('[data-action=dismiss-welcome]');
    const box = await welcome.boundingBox();
    const point = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
    const before = await page.evaluate(boxes);
    await page.mouse.move(point.x, point.y);
    await page.mouse.down();
    await page.mouse.up();
    await welcome.waitFor({ state: 'detached' });
    if ((await page.evaluate(boxes)) !== before) told('dismissing the welcome moves something');
    const under = await page.evaluate(compare, point);
    if (under !== null) told(`after the welcome ${under} is under the pointer`);
  });
}

async function become(page, state) {
  await page.evaluate(
    (name) =>
      new Promise((resolve) => {
        dispatchEvent(new CustomEvent('become', { detail: name }));
        // Drawn, and then some: what reacts to the drawing has had its turn.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)));
      }),
    state,
  );
}

/** The middle of every control that a pointer can reach now. */
function placesOfControls() {
  return [...document.querySelectorAll('button, input')].flatMap((control) => {
    if (control.closest('[inert]') || control.disabled) return [];
    const { x, y, width, height } = control.getBoundingClientRect();
    const place = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
    const hit = document.elementFromPoint(place.x, place.y);
    if (!hit || !control.contains(hit)) return [];
    const row = control.closest('[data-service]')?.dataset.service ?? 'the page';
    return [{ ...place, name: `${control.dataset.action ?? control.className} of ${row}` }];
  });
}

function remember({ x, y }) {
  globalThis.underPointer = document.elementFromPoint(x, y)?.closest('button, input');
}

/** What else can be clicked at the place; `null` where it is the same, or nothing. */
function compare({ x, y }) {
  const now = document.elementFromPoint(x, y)?.closest('button, input');
  if (!now || now === globalThis.underPointer || now.closest('[inert]')) return null;
  const row = now.closest('[data-service]')?.dataset.service ?? 'the page';
  return `${now.dataset.action ?? now.className} of ${row}`;
}

function boxes() {
  return [...document.querySelectorAll('button:not([data-action=dismiss-welcome]), input')]
    .filter((control) => !control.closest('[inert]'))
    .map((control) => {
      const { x, y, width, height } = control.getBoundingClientRect();
      return [x, y, width, height].map(Math.round).join(' ');
    })
    .join('\n');
}

/** Every state in a narrow window: all ports are whole, and all controls are in the window. */
async function fit(lang, width, states) {
  const viewport = { width, height: 560 };
  const { page, problems, close } = await openPage(browser, { viewport, reducedMotion: 'reduce' });
  for (const state of states) {
    await page.goto(`${pages.origin}/states/?state=${state}&lang=${lang}`);
    await rest(page);
    const found = await page.evaluate(() => {
      const problems = [];
      const wide = document.documentElement.scrollWidth - innerWidth;
      if (wide > 0) problems.push(`the page is wider than its window by ${wide} px`);
      const outer = (element) => {
        let { left, right } = { left: 0, right: innerWidth };
        for (let at = element.parentElement; at; at = at.parentElement) {
          if (getComputedStyle(at).overflowX === 'visible') continue;
          const box = at.getBoundingClientRect();
          left = Math.max(left, box.left);
          right = Math.min(right, box.right);
        }
        return { left, right };
      };
      for (const element of document.querySelectorAll('button, input, select, .port')) {
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const box = element.getBoundingClientRect();
        const { left, right } = outer(element);
        if (box.left >= left - 0.5 && box.right <= right + 0.5) continue;
        const name = element.dataset.action ?? (element.className || element.tagName);
        problems.push(`${name} reaches from ${box.left} to ${box.right} in ${left} to ${right}`);
      }
      return problems;
    });
    for (const what of [...found, ...problems.splice(0)]) failures.push(`${lang} ${width} ${state}: ${what}`);
    looked += 1;
  }
  await close();
}

/** The built-in services in every state at the usual width: all addresses are whole, and twelve rows are in view. */
async function showAddresses(lang, width) {
  const viewport = { width, height: 560 };
  const { page, close } = await openPage(browser, { viewport, reducedMotion: 'reduce' });
  for (const state of ['healthy', 'starting', 'conflict', 'failed', 'stopped', 'all-states', 'twelve']) {
    await page.goto(`${pages.origin}/states/?state=${state}&lang=${lang}`);
    await rest(page);
    const { cut, rows } = await page.evaluate(() => ({
      cut: [...document.querySelectorAll('.host')].filter((host) => host.scrollWidth > host.clientWidth)
        .length,
      rows: [...document.querySelectorAll('[data-service]')].filter(
        (row) =>
          row.getBoundingClientRect().bottom <= document.querySelector('main').getBoundingClientRect().bottom,
      ).length,
    }));
    if (cut > 0) failures.push(`${lang} ${width} ${state}: ${cut} addresses are cut off`);
    if (state === 'twelve' && width === 420 && rows < 12)
      failures.push(`${lang}: only ${rows} rows are in view`);
    looked += 1;
  }
  await close();
}
