/** The dashboard's states. */
import { Watch } from '../admin/watch.svelte';
import type { LoadSample } from '../lib/generated/skin/LoadSample';
import type { Stats } from '../lib/generated/skin/Stats';
import { RequestFailed } from '../lib/http';
import { moment } from './services';

const recent: LoadSample[] = Array.from({ length: 60 }, (_, at) => {
  const requests = at > 20 && at < 27 ? 0 : Math.round(14 + 9 * Math.sin(at / 5) + ((at * 7) % 5));
  return {
    at: new Date(moment - (60 - at) * 5000).toISOString(),
    requests,
    errors: requests > 0 && at % 17 === 3 ? 2 : 0,
    p50_us: requests === 0 ? null : 900 + ((at * 311) % 700) + (at === 44 ? 5200 : 0),
  };
});

const stats: Stats = {
  version: '0.1.0',
  pid: 4250,
  started_at: '2026-01-31T10:00:00Z',
  uptime_seconds: 7509,
  requests: { total: 18342, client_errors: 21, server_errors: 2, in_flight: 1 },
  latency: { p50_us: 1240, p90_us: 84200, p99_us: 121000, max_us: 412000 },
  storage: { measurements: 1204, bytes: 18_400_000 },
  memory_bytes: 14_300_000,
  recent,
};

const young: Stats = {
  ...stats,
  uptime_seconds: 7,
  requests: { total: 0, client_errors: 0, server_errors: 0, in_flight: 0 },
  latency: { p50_us: null, p90_us: null, p99_us: null, max_us: null },
  storage: null,
  recent: recent.slice(-2).map((sample) => ({ ...sample, requests: 0, errors: 0, p50_us: null })),
};

export const adminStates: Record<string, () => Watch> = {
  'admin-busy': () => new Watch(async () => stats),
  'admin-young': () => new Watch(async () => young),
  'admin-loading': () => new Watch(() => new Promise(() => undefined)),
  'admin-down': () =>
    new Watch(() =>
      Promise.reject(new RequestFailed({ code: 'backend_unreachable', message: 'no backend' })),
    ),
};
