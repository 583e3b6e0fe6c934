import { expect, it } from 'vitest';
import { de } from '../lib/text/de';
import { en } from '../lib/text/en';
import { holderName } from '../lib/text/holder';
import { builtIn, inState, stackOf } from '../states/services';
import { gravestFirst, headline } from './headline';

const said = (changes = {}): string => headline(stackOf(builtIn(changes)), en).says;
const about = (changes = {}): string | undefined => headline(stackOf(builtIn(changes)), en).about?.name;

it('says that all is well', () => {
  expect(said()).toBe('All 3 services are running');
  expect(headline(stackOf(builtIn()), de).says).toBe('Alle 3 Dienste laufen');
});

it('names a service in conflict, whose row has the port', () => {
  expect(said({ ui: inState.conflict })).toBe('User UI lost its port');
});

it('does not take for a start what waits for a service that is stopped', () => {
  const cause = { kind: 'held_back', label: 'Backend API', state: 'stopped' } as const;
  const ui = { ...inState.starting, cause };
  expect(said({ backend: inState.stopped, ui })).toBe('Backend API is stopped');
});

it('puts trouble before what is under way', () => {
  expect(said({ backend: inState.failed, ui: inState.starting })).toBe('Backend API has failed');
  expect(said({ admin: inState.unhealthy, ui: inState.stopping })).toBe('Admin Dashboard does not answer');
});

it('names the gravest when several services are in trouble, and counts the others', () => {
  expect(said({ backend: inState.unhealthy, ui: inState.failed })).toBe('User UI has failed · 1 more');
  expect(said({ backend: inState.unhealthy, ui: inState.failed, admin: inState.conflict })).toBe(
    'User UI has failed · 2 more',
  );
});

it('knows the service that it is about', () => {
  expect(about({ backend: inState.unhealthy, ui: inState.failed })).toBe('ui');
  expect(about({ ui: inState.starting })).toBe('ui');
  expect(about()).toBeUndefined();
  expect(about({ ui: inState.starting, admin: inState.starting })).toBeUndefined();
});

it('puts services in trouble first, and leaves the others in their order', () => {
  const rows = builtIn({ ui: inState.backoff, admin: inState.failed });
  expect(gravestFirst(rows).map(({ name }) => name)).toEqual(['admin', 'ui', 'backend']);
});

it('tells one service that starts from several', () => {
  expect(said({ ui: inState.starting })).toBe('User UI is starting');
  expect(said({ ui: inState.starting, admin: inState.starting })).toBe('2 services are starting');
});

it('says when something is stopped, and when everything is', () => {
  const { stopped } = inState;
  expect(said({ ui: stopped })).toBe('User UI is stopped');
  expect(said({ backend: stopped, ui: stopped, admin: stopped })).toBe('All services are stopped');
});

it('counts what has done its work neither as stopped nor as running', () => {
  const finished = { ...inState.stopped, finished: true };
  expect(said({ ui: finished })).toBe('All 2 services are running');
  expect(said({ ui: inState.done })).toBe('All 2 services are running');
  expect(said({ ui: finished, admin: inState.stopped })).toBe('Admin Dashboard is stopped');
  expect(said({ backend: finished, ui: finished, admin: finished })).toBe(
    'All services have done their work',
  );
});

it('does not count what is left out', () => {
  const { stopped } = inState;
  const leftOut = { ...stopped, left_out: true };
  expect(said({ ui: leftOut })).toBe('All 2 services are running');
  expect(said({ backend: leftOut, ui: stopped, admin: stopped })).toBe('All services are stopped');
});

it('has words before the first snapshot and for a stack without services', () => {
  expect(headline(null, en).says).toBe('Looking at the services');
  expect(headline(stackOf([]), en).says).toBe('This stack has no services');
});

it('says as much of a holder as the system lets us know', () => {
  const holder = { pid: null, name: null, command: null };
  expect(holderName({ ...holder, pid: 12, name: 'node' }, en)).toBe('node (12)');
  expect(holderName({ ...holder, pid: 12 }, en)).toBe('process 12');
  expect(holderName({ ...holder, user: 'www-data' }, en)).toBe('a process of user www-data');
  expect(holderName(holder, en)).toBe('another process');
});
