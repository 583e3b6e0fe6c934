import { expect, it } from 'vitest';
import type { Happening } from '../generated/Happening';
import { de } from './de';
import { en } from './en';
import { happened, isTrouble } from './happenings';

const at = '2026-01-31T12:00:00Z';
const ui = { number: 1, at, service: 'ui', label: 'User UI', text: 'in English' };
const hung: Happening = { ...ui, kind: 'restarted', reason: 'unhealthy' };
const moved: Happening = { ...ui, kind: 'moved', reason: 'address', from: 8001, to: 18005 };
const conflict: Happening = {
  ...ui,
  kind: 'conflict',
  cause: { kind: 'port_taken', port: 8001, holder: { pid: 7, name: 'node', command: null } },
};
const ended: Happening = { number: 2, at, kind: 'stopped', reason: 'request', text: '' };

it('what happened is said as the program says it', () => {
  expect(happened(hung, en)).toBe('User UI was restarted, since it did not answer');
  expect(happened(hung, de)).toBe('User UI wurde neu gestartet, weil keine Antwort kam');
  expect(happened(moved, en)).toBe('User UI moved from 8001 to 18005, since its port was lost');
  expect(happened(conflict, en)).toBe('User UI has no port: port 8001 is used by node (7)');
  expect(happened(ended, en)).toBe('The stack was stopped');
});

it('what there are no words for is said as it came', () => {
  expect(happened({ ...ui, kind: 'praised' as 'started' }, de)).toBe('in English');
});

it('trouble is what was not asked for', () => {
  const exited = (code: number): Happening => ({ ...ui, kind: 'exited', cause: { kind: 'exited', code } });
  for (const happening of [hung, moved, conflict, exited(1)]) expect(isTrouble(happening)).toBe(true);
  const asked: Happening = { ...hung, reason: 'request' };
  for (const happening of [ended, asked, exited(0), { ...ui, kind: 'healthy' } as Happening])
    expect(isTrouble(happening)).toBe(false);
});
