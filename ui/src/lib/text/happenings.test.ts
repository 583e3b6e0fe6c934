import { expect, it } from 'vitest';
import type { Happening } from '../generated/Happening';
import { de } from './de';
import { en } from './en';
import { folded, happened, isTrouble } from './happenings';

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
  const { cause } = conflict;
  expect(happened({ ...moved, ...(cause && { cause }) }, en)).toBe(
    'User UI moved from 8001 to 18005: port 8001 is used by node (7)',
  );
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

it('a failure and the end that made it are one', () => {
  const cause = { kind: 'exited', code: 3 } as const;
  const of = (number: number, service: string, kind: Happening['kind'], reason?: Happening['reason']) =>
    ({ number, at, service, label: service, kind, reason, cause, text: '' }) as Happening;
  const all = [
    of(1, 'db', 'exited', 'exited'),
    of(2, 'db', 'restarted', 'exited'),
    of(3, 'db', 'exited', 'exited'),
    of(4, 'web', 'exited', 'exited'),
    of(5, 'db', 'failed', 'exited'),
    of(6, 'web', 'restarted', 'exited'),
    of(7, 'web', 'exited', 'signal'),
    // It failed for something else.
    of(8, 'web', 'failed'),
  ];
  expect(folded(all).map(({ number }) => number)).toEqual([1, 2, 4, 5, 6, 7, 8]);
});
