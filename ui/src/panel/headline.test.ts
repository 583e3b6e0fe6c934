import { expect, it } from 'vitest';
import { de } from '../lib/text/de';
import { en } from '../lib/text/en';
import { holderName } from '../lib/text/holder';
import { builtIn, inState, stackOf } from '../states/services';
import { headline } from './headline';

const said = (changes = {}): string => headline(stackOf(builtIn(changes)), en);

it('says that all is well', () => {
  expect(said()).toBe('All 3 services are running');
  expect(headline(stackOf(builtIn()), de)).toBe('Alle 3 Dienste laufen');
});

it('names who has the port of a service in conflict', () => {
  expect(said({ ui: inState.conflict })).toBe('Port 8001 is used by python3 (1234)');
});

it('puts trouble before what is under way', () => {
  expect(said({ backend: inState.failed, ui: inState.starting })).toBe('Backend API has failed');
  expect(said({ admin: inState.unhealthy, ui: inState.stopping })).toBe('Admin Dashboard does not answer');
});

it('counts the services in trouble when there are several', () => {
  expect(said({ backend: inState.failed, ui: inState.conflict })).toBe('2 services need attention');
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
  expect(headline(null, en)).toBe('Looking at the services');
  expect(headline(stackOf([]), en)).toBe('This stack has no services');
});

it('says as much of a holder as the system lets us know', () => {
  const holder = { pid: null, name: null, command: null };
  expect(holderName({ ...holder, pid: 12, name: 'node' }, en)).toBe('node (12)');
  expect(holderName({ ...holder, pid: 12 }, en)).toBe('process 12');
  expect(holderName({ ...holder, user: 'www-data' }, en)).toBe('a process of user www-data');
  expect(holderName(holder, en)).toBe('another process');
});
