/**
 * The port map as the panel draws it. A snapshot arrives whole; only the rows that differ from the
 * one before are touched, so that a stack of a hundred services costs what changed in it.
 */
import type { Bridge, PanelEvent } from '../lib/bridge';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { Snapshot } from '../lib/generated/Snapshot';

/** How many probes the sparkline shows. */
export const probesMax = 60;

/** One service: its newest snapshot, and how its last probes went. */
export class Row {
  service: ServiceSnapshot = $state.raw() as ServiceSnapshot;
  latencies: (number | null)[] = $state.raw([]);
  /** How the snapshot reads, to see whether the next one differs. */
  private written: string;

  constructor(service: ServiceSnapshot) {
    this.service = service;
    this.written = JSON.stringify(service);
  }

  /** Takes the next snapshot; a probe that is new in it lengthens the sparkline. */
  take(service: ServiceSnapshot): void {
    const written = JSON.stringify(service);
    if (written === this.written) return;
    const probed = service.health.checked_at;
    if (probed !== null && probed !== this.service.health.checked_at) {
      this.latencies = [...this.latencies, service.health.latency_us].slice(-probesMax);
    }
    this.written = written;
    this.service = service;
  }
}

export class PortMap {
  /** The newest snapshot; `null` until the first arrives. */
  snapshot: Snapshot | null = $state.raw(null);
  rows: Row[] = $state.raw([]);
  /** Why there will be no more snapshots. */
  ended: string | null = $state(null);
  private readonly bridge: Bridge;

  constructor(bridge: Bridge) {
    this.bridge = bridge;
  }

  connect(): Promise<void> {
    return this.bridge.subscribe((event) => this.take(event));
  }

  take(event: PanelEvent): void {
    if (event.kind === 'ended') {
      this.ended = event.message;
      return;
    }
    // Revisions grow within one run of a launcher; after its end another may begin.
    const sameRun = this.ended === null && this.snapshot?.pid === event.snapshot.pid;
    if (sameRun && this.snapshot && event.snapshot.revision < this.snapshot.revision) return;
    this.ended = null;
    this.snapshot = event.snapshot;
    this.takeRows(event.snapshot.services);
  }

  private takeRows(services: ServiceSnapshot[]): void {
    const known = Object.fromEntries(this.rows.map((row) => [row.service.name, row]));
    const rows = services.map((service) => {
      const row = known[service.name];
      if (!row) return this.newRow(service);
      row.take(service);
      return row;
    });
    const same = rows.length === this.rows.length && rows.every((row, at) => row === this.rows[at]);
    if (!same) this.rows = rows;
  }

  private newRow(service: ServiceSnapshot): Row {
    const row = new Row(service);
    this.bridge.latencies(service.name).then(
      (earlier) => (row.latencies = [...earlier, ...row.latencies].slice(-probesMax)),
      // Without the earlier probes, the line begins with the next one.
      () => undefined,
    );
    return row;
  }
}
