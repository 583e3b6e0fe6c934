/**
 * The port map as the panel draws it. A snapshot arrives whole; only the rows that differ from the
 * one before are touched, so that a stack of a hundred services costs what changed in it.
 */
import type { Bridge, PanelEvent, StackSummary } from '../lib/bridge';
import { beat } from '../lib/clock.svelte';
import type { Sample } from '../lib/generated/Sample';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { Snapshot } from '../lib/generated/Snapshot';

/** How many probes the sparkline shows. */
export const probesMax = 60;

/** One service: its newest snapshot, and how its last probes went. */
export class Row {
  /** Its newest snapshot. The probes since then are in the samples. */
  service: ServiceSnapshot = $state.raw() as ServiceSnapshot;
  /** How long the newest probe took; `null` where it failed or there was none. */
  latency: number | null = $state(null);
  latencies: (number | null)[] = $state.raw([]);

  constructor(service: ServiceSnapshot) {
    this.service = service;
    this.latency = service.health.latency_us;
  }

  take(service: ServiceSnapshot): void {
    if (JSON.stringify(service) === JSON.stringify(this.service)) return;
    if (service.health.checked_at !== this.service.health.checked_at)
      this.latency = service.health.latency_us;
    this.service = service;
  }

  takeSamples(samples: Sample[]): void {
    this.remember([...this.latencies, ...samples.map((sample) => sample.latency_us)]);
  }

  /** All its last probes, oldest first. */
  remember(latencies: (number | null)[]): void {
    const newest = latencies.at(-1);
    if (newest === undefined) return;
    this.latency = newest;
    this.latencies = latencies.slice(-probesMax);
  }
}

export class PortMap {
  /** The newest snapshot; `null` until the first arrives. */
  snapshot: Snapshot | null = $state.raw(null);
  rows: Row[] = $state.raw([]);
  /** All stacks that there are, the application's own first. */
  stacks: StackSummary[] = $state.raw([]);
  /** The instance of the one that is to be shown. */
  shown: string | null = $state(null);
  /** What can be done about a launcher that does not answer. */
  silent: string | null = $state(null);
  /** Why there will be no more snapshots. */
  ended: string | null = $state(null);
  /** Whether there were none, as the launch was refused. */
  refused = $state(false);
  /** The stack file that has to be mended before there is another launch. */
  file: string | null = $state(null);
  /** The longest of all probes that are remembered, in microseconds: one scale for all rows. */
  readonly slowest = $derived(
    Math.max(0, ...this.rows.flatMap((row) => row.latencies).map((latency) => latency ?? 0)),
  );
  private readonly bridge: Bridge;

  constructor(bridge: Bridge) {
    this.bridge = bridge;
  }

  /** What people call a service. */
  labelOf(name: string): string {
    return this.rows.find((row) => row.service.name === name)?.service.label ?? name;
  }

  /** The labels of those that need a service, and so start again when it moves. */
  neededBy(name: string): string[] {
    return this.rows.filter((row) => row.service.needs.includes(name)).map((row) => row.service.label);
  }

  /** Follows the state while somebody can see it, until what it returns is called. */
  connect(onFailure: (thrown: unknown) => void): () => void {
    let connected = true;
    // A window that is being made may not yet count as seen.
    let last = this.resume().catch(onFailure);
    const turn = async (): Promise<void> => {
      // By now the page may show another stack, which has its own subscription.
      if (connected) await (document.hidden ? this.bridge.unsubscribe() : this.resume());
    };
    const follow = (): void => {
      // One after the other: what is asked for later must not be done earlier.
      last = last.then(turn).catch(onFailure);
    };
    document.addEventListener('visibilitychange', follow);
    return () => {
      connected = false;
      document.removeEventListener('visibilitychange', follow);
    };
  }

  private async resume(): Promise<void> {
    const rows = this.rows;
    await this.bridge.subscribe((event) => this.take(event));
    // Of what happened in between, the samples are not in the snapshot.
    rows.forEach((row) => this.remember(row));
  }

  take(event: PanelEvent): void {
    if (event.kind === 'stacks') {
      this.stacks = event.stacks;
      this.shown = event.shown;
      return;
    }
    this.silent = event.kind === 'silent' ? event.message : null;
    if (event.kind === 'silent') return;
    if (event.kind === 'ended') {
      this.ended = event.message;
      this.refused = event.refused;
      this.file = event.file;
      return;
    }
    // Once something is drawn, what the clock changes is drawn with it.
    beat();
    if (event.kind === 'samples') {
      this.takeSamples(event.samples);
      return;
    }
    // Revisions grow within one run of a launcher; after its end another may begin.
    const sameRun = this.ended === null && this.snapshot?.pid === event.snapshot.pid;
    if (sameRun && this.snapshot && event.snapshot.revision < this.snapshot.revision) return;
    this.ended = this.file = null;
    this.refused = false;
    this.snapshot = event.snapshot;
    this.takeRows(event.snapshot.services);
  }

  private takeSamples(samples: Sample[]): void {
    for (const row of this.rows) {
      const own = samples.filter((sample) => sample.service === row.service.name);
      if (own.length > 0) row.takeSamples(own);
    }
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
    this.remember(row);
    return row;
  }

  /** Draws the line of a row through all its last probes, those too that it was not told of. */
  private remember(row: Row): void {
    this.bridge.latencies(row.service.name).then(
      (all) => row.remember(all),
      // Without them, the line begins with the next one.
      () => undefined,
    );
  }
}
