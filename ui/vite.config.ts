import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Each page is built by itself (`vite build --mode PAGE`), so that each can be served alone. */
const pages = ['panel', 'user', 'admin', 'states'] as const;
type Page = (typeof pages)[number];

function isPage(mode: string): mode is Page {
  return (pages as readonly string[]).includes(mode);
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => {
  const page: Page = isPage(mode) ? mode : 'panel';
  const testing = mode === 'test';
  return {
    root: testing ? here('.') : here(`src/${page}`),
    base: './',
    publicDir: false,
    plugins: [svelte({ configFile: here('svelte.config.js') })],
    build: {
      outDir: here(`dist/${page}`),
      emptyOutDir: true,
      target: 'es2022',
      // What today's WebKitGTK, WebView2 and browsers know: oklch() and light-dark() stay as they are.
      cssTarget: ['chrome123', 'safari17.5', 'firefox121'],
      // Nothing is inlined: the pages are served under a policy that allows only files of their own.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    // Answers under /v1 come from the page's own service; in development, from one started by hand.
    server: {
      proxy: { '/v1': process.env.SKINAI_DEV_SERVICE ?? 'http://127.0.0.1:8501' },
      // The messages lie beside the types that they say, in crates/contract.
      fs: { allow: [here('.'), here('../crates/contract/messages')] },
    },
    test: { include: ['src/**/*.test.ts'], environment: 'node' },
  };
});
