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

  it('lengthens the line of latencies with each probe, up to its end', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    for (let probe = 0; probe < 70; probe += 1) {
      const health = { latency_us: probe, checked_at: `2026-01-31T12:00:${probe}Z`, last_error: null };
      shown.take(snapshot(builtIn({ ui: { health } }), 18 + probe));
    }
    const latencies = shown.rows[1]?.latencies;
    expect(latencies).toHaveLength(probesMax);
    expect(latencies?.at(-1)).toBe(69);
  });

  it('takes the numbers of probes and leaves the rest of the row alone', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    const [backend, ui] = shown.rows;
    const before = ui?.service;
    const health = { latency_us: 7, checked_at: '2026-01-31T12:06:00Z', last_error: null };
    shown.take({ kind: 'probes', probes: [{ service: 'ui', health, latencies_us: [5, null, 7] }] });
    expect(ui?.health).toEqual(health);
    expect(ui?.latencies.slice(-3)).toEqual([5, null, 7]);
    expect(ui?.service).toBe(before);
    expect(backend?.health.checked_at).not.toBe(health.checked_at);
  });

  it('does not count a probe twice that a later snapshot tells of once more', async () => {
    const shown = map();
    shown.take(snapshot());
    await Promise.resolve();
    const health = { latency_us: 7, checked_at: '2026-01-31T12:06:00Z', last_error: null };
    shown.take({ kind: 'probes', probes: [{ service: 'ui', health, latencies_us: [7] }] });
    const before = shown.rows[1]?.latencies;
    shown.take(snapshot(builtIn({ ui: { ...inState.unhealthy, health } }), 18));
    expect(shown.rows[1]?.latencies).toEqual(before);
    expect(shown.rows[1]?.service.state).toBe('unhealthy');
  });
});
