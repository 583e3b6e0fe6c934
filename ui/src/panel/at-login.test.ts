import { expect, it } from 'vitest';
import type { StackSummary } from '../lib/bridge';
import { launchedAtLogin } from './at-login';

const listed = (stack: string | null, file: string | null): StackSummary => ({
  instance: 'x',
  stack,
  state: 'healthy',
  file,
  ends_with_application: true,
  at_login: false,
});

it('names what starts at login, by its file where its name is not known', () => {
  const stacks = [listed('Skin AI Assistant', null), listed('Shop', '/a/skinai.toml')];
  expect(launchedAtLogin(stacks, ['/a/skinai.toml', '/b/skinai.toml'])).toEqual([
    'Skin AI Assistant',
    'Shop',
    '/b/skinai.toml',
  ]);
  expect(launchedAtLogin([], [])).toEqual(['Skin AI Assistant']);
});
