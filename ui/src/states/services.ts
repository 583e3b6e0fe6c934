/** Services in every state they can be in, made up for pictures; the words are those of the engine. */
import type { NamedPort } from '../lib/generated/NamedPort';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { ServiceState } from '../lib/generated/ServiceState';
import type { Snapshot } from '../lib/generated/Snapshot';

/** When all pictures are taken. */
export const moment = Date.parse('2026-01-31T12:05:09Z');

const names = [
  ['backend', 'Backend API', 8000],
  ['ui', 'User UI', 8001],
  ['admin', 'Admin Dashboard', 8002],
] as const;

/** The built-in stack's services, all healthy but for what is said otherwise. */
export function builtIn(changes: Record<string, Partial<ServiceSnapshot>> = {}): ServiceSnapshot[] {
  return names.map(([name, label, port], at) => ({
    ...healthy(name, label, port, 4250 + at * 3),
    ...(name === 'backend' ? { open_url: null } : {}),
    ...changes[name],
  }));
}

export function healthy(name: string, label: string, port: number, pid: number): ServiceSnapshot {
  return {
    name,
    label,
    wanted: 'up',
    state: 'healthy',
    host: '127.0.0.1',
    port,
    port_source: 'range',
    requested_port: null,
    url: `http://127.0.0.1:${port}`,
    open_url: `http://127.0.0.1:${port}/`,
    pid,
    handoff: 'socket',
    restarts: 0,
    restarts_since: '2026-01-31T10:00:00.009Z',
    since: '2026-01-31T10:00:00.123Z',
    started_at: '2026-01-31T10:00:00.009Z',
    health: { latency_us: 240 + (port % 7) * 35, checked_at: '2026-01-31T12:05:08Z', last_error: null },
    conflict: null,
    last_exit: null,
    detail: null,
    needs: name === 'backend' ? [] : ['backend'],
  };
}

/** A port that a service has beside its main one. */
export function namedPort(port: number): NamedPort {
  return { port, port_source: 'range', requested_port: null, held: true, listening: true };
}

/** What a service looks like in a state. */
export const inState: Record<ServiceState, Partial<ServiceSnapshot>> = {
  healthy: {},
  starting: {
    state: 'starting',
    started_at: '2026-01-31T12:05:08Z',
    health: { latency_us: null, checked_at: null, last_error: null },
    detail: 'waiting for Backend API',
    cause: { kind: 'waiting_for', label: 'Backend API' },
  },
  unhealthy: {
    state: 'unhealthy',
    restarts: 1,
    health: {
      latency_us: null,
      checked_at: '2026-01-31T12:05:08Z',
      last_error: 'no answer within 2 s',
      cause: { kind: 'no_answer', limit_ms: 2000 },
    },
  },
  stopping: {
    state: 'stopping',
    wanted: 'down',
    detail: 'ending, 2 processes left',
    cause: { kind: 'ending', count: 2 },
  },
  stopped: {
    state: 'stopped',
    wanted: 'down',
    pid: null,
    started_at: null,
    health: { latency_us: null, checked_at: null, last_error: null },
  },
  backoff: {
    state: 'backoff',
    since: '2026-01-31T12:05:09Z',
    pid: null,
    started_at: null,
    restarts: 3,
    detail: 'next start in 4 s',
    cause: { kind: 'next_start', count: 4 },
    last_exit: {
      code: 1,
      signal: null,
      at: '2026-01-31T12:05:08Z',
      reason: 'exited with code 1',
      cause: { kind: 'exited', code: 1 },
    },
  },
  conflict: {
    state: 'conflict',
    pid: null,
    started_at: null,
    health: { latency_us: null, checked_at: null, last_error: null },
    conflict: {
      port: 8001,
      holder: { pid: 1234, name: 'python3', command: 'python3 -m http.server' },
    },
  },
  failed: {
    state: 'failed',
    pid: null,
    started_at: null,
    restarts: 4,
    restarts_since: '2026-01-31T12:04:21Z',
    health: { latency_us: null, checked_at: null, last_error: null },
    detail: 'exited with code 1, given up after 5 starts in 40 s',
    cause: { kind: 'gave_up', count: 5, seconds: 40, because: { kind: 'exited', code: 1 } },
    last_exit: {
      code: 1,
      signal: null,
      at: '2026-01-31T12:05:01Z',
      reason: 'exited with code 1',
      cause: { kind: 'exited', code: 1 },
      last_lines: [
        "ModuleNotFoundError: No module named 'app.settings'",
        'Traceback (most recent call last):',
        '  File "/home/anna/app/main.py", line 12, in <module>',
        '    from app.settings import Settings',
        "ModuleNotFoundError: No module named 'app.settings'",
      ],
      run_begins: [1],
    },
  },
  done: {
    state: 'done',
    finished: true,
    port: null,
    url: null,
    open_url: null,
    pid: null,
    started_at: null,
    health: { latency_us: null, checked_at: null, last_error: null },
    last_exit: {
      code: 0,
      signal: null,
      at: '2026-01-31T10:00:02Z',
      reason: 'exited with code 0',
      cause: { kind: 'exited', code: 0 },
    },
  },
};

const gravest: ServiceState[] = [
  'failed',
  'conflict',
  'unhealthy',
  'backoff',
  'stopping',
  'starting',
  'stopped',
  'healthy',
  'done',
];

export function stackOf(services: ServiceSnapshot[], revision = 17): Snapshot {
  const state = gravest.find((wanted) => services.some((service) => service.state === wanted));
  return {
    instance: 'default',
    stack: 'Skin AI Assistant',
    pid: 4242,
    revision,
    state: state ?? 'stopped',
    services,
  };
}
