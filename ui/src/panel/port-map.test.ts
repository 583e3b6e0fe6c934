import { describe, expect, it } from 'vitest';
import { demoBridge } from '../states/demo';
import { builtIn, inState, stackOf } from '../states/services';
import { PortMap, probesMax } from './port-map.svelte';

const map = (): PortMap => new PortMap(demoBridge({ events: [] }, 'en'));
const snapshot = (services = builtIn(), revision = 17) =>
  ({ kind: 'snapshot', snapshot: stackOf(services, revision) }) as const;

describe('the port map', () => {
  it('touches only the rows that changed', () => {
    const shown = map();
    shown.take(snapshot());
    const before = shown.rows.map((row) => row.service);
    shown.take(snapshot(builtIn({ ui: inState.conflict }), 18));
    expect(shown.rows.map((row, at) => row.service === before[at])).toEqual([true, false, true]);
  });

  it('keeps its rows when services come and go', () => {
    const shown = map();
    shown.take(snapshot());
    const [backend] = shown.rows;
    shown.take(snapshot(builtIn().slice(0, 1), 18));
    expect(shown.rows).toEqual([backend]);
  });

  it('passes over a snapshot that is older than the one it shows', () => {
    const shown = map();
    shown.take(snapshot(builtIn({ ui: inState.failed }), 20));
    shown.take(snapshot(builtIn(), 19));
    expect(shown.snapshot?.state).toBe('failed');
  });

  it('begins anew when another run follows the end of one', () => {
    const shown = map();
    shown.take(snapshot(builtIn(), 20));
    shown.take({ kind: 'ended', message: 'stopped', refused: false, file: null });
    expect(shown.ended).toBe('stopped');
    shown.take(snapshot(builtIn(), 1));
    expect(shown.ended).toBeNull();
    expect(shown.snapshot?.revision).toBe(1);
  });

  const sample = (service: string, latency_us: number | null) => ({
    service,
    at: '2026-01-31T12:06:00Z',
    latency_us,
  });

  it('lengthens the line of latencies with each sample, up to its end', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    const samples = Array.from({ length: 70 }, (_, probe) => sample('ui', probe));
    shown.take({ kind: 'samples', samples });
    const latencies = shown.rows[1]?.latencies;
    expect(latencies).toHaveLength(probesMax);
    expect(latencies?.at(-1)).toBe(69);
  });

  it('takes samples in and leaves the rest of the row alone', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    const [backend, ui] = shown.rows;
    const [before, other] = [ui?.service, backend?.latency];
    shown.take({ kind: 'samples', samples: [sample('ui', 5), sample('ui', null), sample('ui', 7)] });
    expect(ui?.latency).toBe(7);
    expect(ui?.latencies.slice(-3)).toEqual([5, null, 7]);
    expect(ui?.service).toBe(before);
    expect(backend?.latency).toBe(other);
  });

  it('shows the newest latency, whether a snapshot or a sample tells of it', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    shown.take({ kind: 'samples', samples: [sample('ui', 7)] });
    shown.take(snapshot(builtIn({ backend: inState.failed }), 18));
    expect(shown.rows[1]?.latency).toBe(7);
    const health = { latency_us: 9, checked_at: '2026-01-31T12:07:00Z', last_error: null };
    shown.take(snapshot(builtIn({ ui: { restarts: 1, health } }), 19));
    expect(shown.rows[1]?.latency).toBe(9);
  });
});
