import { expect, it } from 'vitest';
import { builtIn, inState, namedPort } from '../states/services';
import { named, opens, parts } from './address';

const ui = (changes = {}): boolean => builtIn({ ui: changes }).some((row) => row.name === 'ui' && opens(row));

it('opens what answers by itself', () => {
  expect(ui()).toBe(true);
  expect(ui(inState.unhealthy)).toBe(true);
});

it('opens nothing where somebody else may listen', () => {
  for (const state of [inState.conflict, inState.failed, inState.stopped, inState.done])
    expect(ui(state)).toBe(false);
  expect(ui({ ...inState.starting, handoff: 'number' })).toBe(false);
  expect(ui({ ...inState.starting, handoff: 'socket' })).toBe(true);
});

it('opens nothing that is not offered to people', () => {
  expect(
    builtIn()
      .filter(opens)
      .map(({ name }) => name),
  ).toEqual(['ui', 'admin']);
});

it('can be cut off up to the port', () => {
  const at = (url: string | null): unknown => parts({ ...builtIn()[0], url } as never);
  expect(at('http://127.0.0.1:8001')).toEqual({ host: '127.0.0.1', port: ':8001' });
  expect(at('http://[2001:db8::1]:65535')).toEqual({ host: '[2001:db8::1]', port: ':65535' });
  expect(at('http://[::1]')).toEqual({ host: '[::1]', port: '' });
  expect(at(null)).toBeNull();
});

it('lists the ports that have names', () => {
  expect(named({ debug: namedPort(8003), metrics: namedPort(8004) })).toBe('debug :8003 · metrics :8004');
});
