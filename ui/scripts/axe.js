/**
 * Holds every state of the pages against axe, in light and dark, in English and German, and fails when
 * it finds anything; also when a page breaks its policy or throws. Needs `npm run build:states`.
 * Arguments, if any, name the states to look at.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { openPage, rest, servePages, startBrowser, stateNames } from './browser.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The narrowest window is where most goes wrong. */
const viewport = { width: 360, height: 720 };

const pages = await servePages();
const browser = await startBrowser();
let found = 0;
let looked = 0;
try {
  // Each theme once and each language once: colours do not depend on words, nor words on colours.
  await Promise.all([look('light', 'en'), look('dark', 'de')]);
} finally {
  await browser.close();
  pages.close();
}
console.log(`axe looked at ${looked} pages and found ${found === 0 ? 'nothing' : `${found} problems`}`);
process.exit(found === 0 ? 0 : 1);

/** Every state of the pages in one theme and one language. */
async function look(colorScheme, lang) {
  const { page, problems, close } = await openPage(browser, {
    viewport,
    colorScheme,
    reducedMotion: 'reduce',
  });
  const wanted = process.argv.slice(2);
  const states = wanted.length > 0 ? wanted : await stateNames(page, pages.origin);
  for (const state of states) {
    await page.goto(`${pages.origin}/states/?state=${state}&lang=${lang}`);
    await rest(page);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      (values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }),
      rules,
    );
    for (const { id, help, nodes } of violations) {
      found += nodes.length;
      for (const node of nodes) {
        console.error(
          `${state} ${colorScheme} ${lang}: ${id}: ${help}\n  ${node.target}: ${node.failureSummary}`,
        );
      }
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) problems.push(`wider than its window by ${wide} px`);
    for (const problem of problems.splice(0)) {
      found += 1;
      console.error(`${state} ${colorScheme} ${lang}: ${problem}`);
    }
    looked += 1;
  }
  await close();
}
