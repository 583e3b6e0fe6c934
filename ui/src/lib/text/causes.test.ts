import { expect, it } from 'vitest';
import type { Cause } from '../generated/Cause';
import { because } from './causes';
import { de } from './de';
import { en } from './en';

const holder = { pid: 7, name: 'node', command: null };
const german: [Cause, string][] = [
  [{ kind: 'exited', code: 3 }, 'hat sich mit Code 3 beendet'],
  [{ kind: 'signalled', signal: 'SIGKILL' }, 'wurde durch SIGKILL beendet'],
  [{ kind: 'not_ready', limit_ms: 2500 }, 'war nicht in 2,5 s bereit'],
  [
    { kind: 'not_ready', limit_ms: 30_000, because: { kind: 'refused' } },
    'war nicht in 30 s bereit (die Verbindung wurde abgelehnt)',
  ],
  [
    { kind: 'check_said', because: { kind: 'exited', code: 2 }, line: 'no response' },
    'seine Prüfung ist gescheitert (hat sich mit Code 2 beendet): no response',
  ],
  [{ kind: 'port_taken', port: 8001, holder }, 'Port 8001 wird von node (7) benutzt'],
  [
    { kind: 'gave_up', count: 5, seconds: 40, because: { kind: 'exited', code: 3 } },
    'hat sich mit Code 3 beendet; nach 5 Starts in 40 s aufgegeben',
  ],
  [{ kind: 'ending', count: 1 }, 'noch 1 Prozess'],
  [{ kind: 'ending', count: 2 }, 'noch 2 Prozesse'],
  [
    { kind: 'needs', label: 'Backend API', state: 'failed' },
    'der Dienst braucht Backend API, und das läuft nicht (ausgefallen)',
  ],
  [
    { kind: 'held_back', label: 'Migration', state: 'failed', because: { kind: 'exited', code: 1 } },
    'wartet auf Migration, und das läuft nicht (ausgefallen: hat sich mit Code 1 beendet)',
  ],
  [
    { kind: 'rolled_back', because: { kind: 'other', text: 'no free port' } },
    'no free port; alles ist wieder an seinem früheren Port',
  ],
];

it.each(german)('says %o in German', (cause, words) => {
  expect(because(cause, 'the sentence', de)).toBe(words);
});

it('says the sentence where there is no cause, or none that it knows', () => {
  expect(because(null, 'exited with code 1', de)).toBe('exited with code 1');
  expect(because(undefined, 'exited with code 1', de)).toBe('exited with code 1');
  expect(because({ kind: 'other', text: 'x' }, 'x', de)).toBe('x');
  expect(because({ kind: 'of_tomorrow' } as unknown as Cause, 'the sentence', de)).toBe('the sentence');
});

it('says in English what programs say', () => {
  const cause: Cause = { kind: 'unresponsive', count: 3, because: { kind: 'no_answer', limit_ms: 2000 } };
  const sentence = 'did not answer 3 times in a row (no answer within 2 s)';
  expect(because(cause, 'x', en)).toBe(sentence);
});
