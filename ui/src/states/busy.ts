/**
 * The panel under all that it has to bear: a hundred services, twenty snapshots a second that each
 * change five of them, and an open log into which a service prints without end.
 */
import type { LogLine } from '../lib/generated/LogLine';
import type { PanelState } from './panel';
import { healthy, stackOf } from './services';

const snapshotEveryMs = 50;
const changedAtOnce = 5;
const linesEveryMs = 16;
const linesAtOnce = 2000;

let services = Array.from({ length: 100 }, (_, at) =>
  healthy(`worker-${at}`, `Worker ${at + 1}`, 8000 + at, 5000 + at),
);
let revision = 1;

function changed(): typeof services {
  const first = (revision * changedAtOnce) % services.length;
  return services.map((service, at) => {
    if (at < first || at >= first + changedAtOnce) return service;
    const checked_at = new Date(Date.parse('2026-01-31T12:00:00Z') + revision).toISOString();
    return {
      ...service,
      health: { ...service.health, latency_us: 200 + ((revision * 37) % 400), checked_at },
    };
  });
}

function flood(number: number): LogLine[] {
  return Array.from({ length: linesAtOnce }, (_, at) => ({
    number: number + at,
    at: '2026-01-31T12:00:00Z',
    stream: 'stdout',
    text: `line ${number + at} of a service that never stops printing`,
    unfinished: false,
  }));
}

export const busy: PanelState = {
  events: [{ kind: 'snapshot', snapshot: stackOf(services, revision) }],
  logsOf: ['worker-0'],
  lines: [],
  push(onEvent) {
    setInterval(() => {
      services = changed();
      revision += 1;
      document.documentElement.dataset['pushed'] = String(revision);
      // As it comes from the shell: every object is another one.
      onEvent({ kind: 'snapshot', snapshot: structuredClone(stackOf(services, revision)) });
    }, snapshotEveryMs);
  },
  pushLines(onLines) {
    let number = 1;
    setInterval(() => {
      onLines(flood(number));
      number += linesAtOnce;
    }, linesEveryMs);
  },
};
