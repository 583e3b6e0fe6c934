/**
 * Takes pictures of states: `node scripts/pictures.js OUT [STATE…] [--lang=de] [--theme=dark]
 * [--width=420] [--height=560] [--scale=1]`. Without a state, of all of them.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openPage, rest, servePages, startBrowser, stateNames } from './browser.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lang: { type: 'string', default: 'en' },
    theme: { type: 'string', default: 'light' },
    width: { type: 'string', default: '420' },
    height: { type: 'string', default: '560' },
    scale: { type: 'string', default: '1' },
  },
});
const [out, ...wanted] = positionals;
if (!out) {
  console.error('usage: node scripts/pictures.js OUT [STATE…] [--lang --theme --width --height --scale]');
  process.exit(2);
}

await mkdir(out, { recursive: true });
const pages = await servePages();
const browser = await startBrowser();
try {
  const { page, problems } = await openPage(browser, {
    viewport: { width: Number(values.width), height: Number(values.height) },
    deviceScaleFactor: Number(values.scale),
    colorScheme: values.theme === 'dark' ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: values.lang,
  });
  const states = wanted.length > 0 ? wanted : await stateNames(page, pages.origin);
  for (const state of states) {
    await page.goto(`${pages.origin}/states/?state=${state}&lang=${values.lang}`);
    await rest(page);
    await page.screenshot({ path: join(out, `${state}-${values.theme}-${values.lang}-${values.width}.png`) });
  }
  for (const problem of problems) console.error(problem);
} finally {
  await browser.close();
  pages.close();
}
