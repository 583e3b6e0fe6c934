import { expect, it } from 'vitest';
import { de } from '../lib/text/de';
import { en } from '../lib/text/en';
import { healthy, inState, moment } from '../states/services';
import { beside, isSaid, lacking, reason, runsOf, stateWords } from './trouble';

const service = (changes = {}) => ({ ...healthy('ui', 'User UI', 8001, 7), ...changes });

it('calls states by the words of the user', () => {
  const said = (state: keyof typeof inState): string =>
    stateWords(service({ ...inState[state], cause: null }), moment, en);
  expect(Object.keys(inState).map((state) => said(state as keyof typeof inState))).toEqual([
    'Running',
    'Starting',
    'Not answering',
    'Stopping',
    'Stopped',
    'Restarting',
    'Port taken',
    'Failed',
    'Done',
  ]);
});

it('says how long it is until the next start', () => {
  const waiting = service({ ...inState.backoff, since: new Date(moment - 1500).toISOString() });
  expect(stateWords(waiting, moment, en)).toBe('Restarting in 3 s');
  expect(stateWords(waiting, moment, de)).toBe('Neustart in 3 s');
  expect(stateWords(waiting, moment + 9000, en)).toBe('Restarting');
});

it('says why, whatever the state', () => {
  const why = (changes = {}): string => reason(service(changes), en);
  expect(why(inState.unhealthy)).toBe('no answer within 2 s');
  expect(why(inState.backoff)).toBe('exited with code 1');
  expect(why(inState.failed)).toBe('exited with code 1, given up after 5 starts in 40 s');
  expect(why({ ...inState.failed, cause: null, detail: null })).toBe('exited with code 1');
  expect(why(inState.conflict)).toBe('port 8001 is used by python3 (1234)');
  expect(why(inState.starting)).toBe('waiting for Backend API');
  expect(why()).toBe('');
});

it('tells of what is wrong beside a state that is not', () => {
  const holder = { pid: 7, name: 'node', command: null };
  const cause = { kind: 'loopback_taken', address: '[::1]:8001', holder } as const;
  expect(beside(service({ cause }), en)).toMatch(/^Node \(7\) listens at/);
  expect(beside(service(inState.starting), en)).toBeNull();
});

it('tells the last lines of one run from those of the next', () => {
  expect(runsOf({ last_lines: ['a', 'b'] })).toEqual(['a\nb']);
  expect(runsOf({ last_lines: ['a', 'b', 'c', 'd'], run_begins: [2, 3] })).toEqual(['a\nb', 'c', 'd']);
});

it('says what a service lacks, and where that is', () => {
  const db = { ...healthy('db', 'Database', 8002, 8), needs: [], ...inState.failed };
  const api = {
    ...service(inState.starting),
    needs: ['db'],
    detail: 'waiting for Database, which has failed (exited with code 1)',
    cause: {
      kind: 'held_back',
      label: 'Database',
      state: 'failed',
      because: { kind: 'exited', code: 1 },
    } as const,
  };
  const all = [db, api];
  expect(lacking(api, all, en)).toEqual({
    name: 'db',
    label: 'Database',
    says: 'Waiting for Database, which has failed (exited with code 1)',
  });
  // What waits for the one that waits names the one that has failed.
  expect(lacking({ ...api, needs: ['api'] }, all, de)?.name).toBe('db');
  expect(stateWords(api, moment, en)).toBe('Waiting');
});

it('says of what runs that it needs what has failed', () => {
  const db = { ...healthy('db', 'Database', 8002, 8), needs: [] };
  const web = { ...service(), needs: ['db'] };
  expect(lacking(web, [db, web], en)).toBeNull();
  expect(lacking(web, [{ ...db, ...inState.failed }, web], en)?.says).toBe(
    'Needs Database, which has failed',
  );
  expect(lacking({ ...web, ...inState.failed }, [{ ...db, ...inState.conflict }, web], en)?.says).toBe(
    'Needs Database, which lacks its port',
  );
  expect(lacking(web, [{ ...db, ...inState.stopped }, web], en)?.says).toBe(
    'Needs Database, which is stopped',
  );
  const finished = { ...db, ...inState.stopped, wanted: 'up', finished: true } as const;
  expect(lacking(web, [finished, web], en)).toBeNull();
  expect(lacking({ ...web, ...inState.stopped }, [{ ...db, ...inState.failed }, web], en)).toBeNull();
});

it('says what keeps a service from being up, and not what it waits for', () => {
  const cause = { kind: 'not_on_told_port', port: 8001, listeners: '127.0.0.1:3000' } as const;
  const starting = { ...service(), ...inState.starting };
  expect(beside(starting, en)).toBeNull();
  expect(beside({ ...starting, cause }, en)).toMatch(
    /^It listens on 127\.0\.0\.1:3000, not on the port 8001/,
  );
  // What is up is served by what cannot be seen.
  const hidden = { kind: 'listeners_hidden', holder: { pid: 7, name: 'node', command: null } } as const;
  expect(beside({ ...starting, cause: hidden }, en)).not.toBeNull();
  expect(beside({ ...service(), cause: hidden }, en)).toBeNull();
});

it('does not say of a conflict once more what its box says', () => {
  const holder = { pid: 1234, name: 'python3', command: null };
  const taken = (port: number) => ({ kind: 'port_taken', port, holder }) as const;
  const refused = { kind: 'not_healthy', label: 'User UI', because: taken(8001) } as const;
  expect(isSaid(refused, service(inState.conflict))).toBe(true);
  expect(isSaid({ ...refused, label: 'Backend API' }, service(inState.conflict))).toBe(false);
  expect(isSaid({ ...refused, because: taken(8002) }, service(inState.conflict))).toBe(false);
  expect(isSaid(refused, service())).toBe(false);
  expect(isSaid(null, service(inState.conflict))).toBe(false);
});
