import { expect, it } from 'vitest';
import { builtIn, inState } from '../states/services';
import { opens } from './address';

const ui = (changes = {}): boolean => builtIn({ ui: changes }).some((row) => row.name === 'ui' && opens(row));

it('opens what answers by itself', () => {
  expect(ui()).toBe(true);
  expect(ui(inState.unhealthy)).toBe(true);
});

it('opens nothing where somebody else may listen', () => {
  for (const state of [inState.conflict, inState.failed, inState.stopped]) expect(ui(state)).toBe(false);
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
