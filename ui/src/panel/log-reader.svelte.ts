/**
 * Reads logs for a page: follows their end, or stands still where somebody reads, and loads more on either side.
 * Whatever is printed meanwhile is counted, and held as far as it fits in.
 */
import { type LogBridge, messageOf, type Stop } from '../lib/bridge';
import type { LogLine } from '../lib/generated/LogLine';
import {
  contiguous,
  entries,
  entry,
  foundAt,
  joined,
  linesMax,
  newestNumbers,
  placeAt,
  readMax,
  type Entry,
  type Match,
} from './log-buffer';

/** How long what has ended is left alone before it is asked whether it runs again. */
const againMs = 3000;

/** Has something done with the next picture that is drawn. */
export type Schedule = (draw: () => void) => void;

export class LogReader {
  lines: readonly Entry[] = $state.raw([]);
  /** The end is in view, and stays there. */
  following = $state(true);
  /** How many lines were printed since the end was left. */
  fresh = $state(0);
  /** These lines, as far as they are kept. */
  held: readonly Entry[] = $state.raw([]);
  /** There are lines between these and the end. */
  cut = $state(false);
  /** There is nothing before the first line. */
  whole = $state(false);
  loading = $state(true);
  /** Some that were followed print no more, since their stack has ended. */
  ended = $state(false);
  problem: string | null = $state(null);

  readonly #bridge: LogBridge;
  readonly #services: readonly string[];
  readonly #schedule: Schedule;
  #arrived: Entry[] = [];
  /** The number of the newest line of each service. */
  readonly #newest: number[] = [];
  #scheduled = false;
  /** What is being loaded: one part at a time. */
  #running: Promise<void> | null = null;

  constructor(
    bridge: LogBridge,
    services: readonly string[],
    schedule: Schedule = (draw) => void requestAnimationFrame(draw),
  ) {
    this.#bridge = bridge;
    this.#services = services;
    this.#schedule = schedule;
  }

  /** Begins to read, until it is stopped. What has ended is followed again when it runs again. */
  connect(): Stop {
    let stopped = false;
    let stops: Stop[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unfollow = (): void => {
      for (const stop of stops) stop();
      stops = [];
    };
    const begin = async (): Promise<void> => {
      // Followed before the older lines are asked for, so that none falls between.
      for (const [index, service] of this.#services.entries()) {
        const stop = await this.#bridge.followLogs(service, (lines) => {
          if (stopped) return;
          if (lines.length === 0) ended();
          else this.#take(index, lines);
        });
        if (stopped) return stop();
        stops.push(stop);
      }
    };
    const ended = (): void => {
      this.ended = true;
      timer ??= setTimeout(() => void again(), againMs);
    };
    const again = async (): Promise<void> => {
      timer = undefined;
      unfollow();
      try {
        await begin();
        if (!stopped) await this.#beginAnew();
      } catch {
        if (!stopped) ended();
      }
    };
    begin()
      // What does not run can still be read.
      .catch(ended)
      .then(() => this.#readEnd())
      .catch((thrown: unknown) => (this.problem = messageOf(thrown)))
      .finally(() => (this.loading = false));
    return () => {
      stopped = true;
      clearTimeout(timer);
      unfollow();
    };
  }

  /** Stands still from now on. */
  pause(): void {
    if (!this.following) return;
    this.following = false;
    this.fresh = 0;
  }

  /** Goes to the end and follows it. */
  async follow(): Promise<void> {
    if (this.cut || !contiguous(this.lines, this.held)) await this.#readEnd();
    this.#keep(joined(this.lines, this.held).slice(-linesMax));
    this.#followed();
  }

  /**
   * Somebody has come to the last line: what comes after it is loaded. With `follows`, which is where all of it can be
   * seen at once, the end is followed.
   */
  async later(follows: boolean): Promise<void> {
    if (this.following) return;
    if (!this.cut && contiguous(this.lines, this.held)) {
      this.#keep(joined(this.lines, this.held, readMax));
      if (follows) return this.#followed();
      this.held = [];
      this.fresh = 0;
      return;
    }
    await this.#load(async () => {
      const more = await this.#part(null, placeAt('end', this.lines));
      this.cut = more.length === linesMax;
      const all = [...this.lines, ...more];
      this.#keep(all.slice(-readMax));
      this.fresh = this.#unread();
    });
  }

  /** Somebody has come to the first line: what comes before it is loaded. */
  async earlier(): Promise<void> {
    if (this.whole || this.lines.length === 0) return;
    await this.#load(async () => {
      const more = await this.#part(placeAt('begin', this.lines), null);
      // While the end is followed, as many as are loaded would be dropped.
      if (this.following) return;
      this.whole = more.length < linesMax;
      const all = [...more, ...this.lines];
      if (all.length > readMax) this.cut = true;
      this.lines = all.slice(0, readMax);
    });
  }

  /** Shows the part with a line that was found; returns its key. */
  async show(match: Match): Promise<number | undefined> {
    this.pause();
    const known = this.lines[foundAt(this.lines, match)];
    if (known) return known.key;
    await this.#running;
    await this.#load(async () => {
      const before = await this.#part({ at: match.at, same: Number.MAX_SAFE_INTEGER }, null);
      const after = await this.#part(null, { at: match.at, same: 0 });
      this.whole = before.length < linesMax;
      this.cut = after.length === linesMax;
      this.lines = [...before, ...after];
    });
    return this.lines[foundAt(this.lines, match)]?.key;
  }

  #take(service: number, lines: LogLine[]): void {
    this.#arrived.push(...lines.slice(-linesMax).map((line) => entry(service, line)));
    const tooMany = linesMax * this.#services.length * 4;
    if (this.#arrived.length > tooMany) this.#arrived = this.#arrived.slice(-linesMax);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.#draw());
  }

  #draw(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#scheduled = false;
    let fresh = this.fresh;
    for (const { service, line } of arrived) {
      const newest = this.#newest[service] ?? line.number - 1;
      fresh += Math.max(0, line.number - newest);
      this.#newest[service] = Math.max(newest, line.number);
    }
    if (this.following && !this.loading) {
      this.#keep(joined(this.lines, arrived));
      return;
    }
    this.held = joined(this.held, arrived);
    if (!this.following) this.fresh = fresh;
  }

  /** Keeps these lines; where the first ones had to go, there is something before them. */
  #keep(lines: readonly Entry[]): void {
    if (lines[0]?.key !== this.lines[0]?.key && this.lines.length > 0) this.whole = false;
    this.lines = lines;
  }

  /** How many lines were printed after the last one. */
  #unread(): number {
    const read = newestNumbers(this.lines);
    return this.#newest.reduce(
      (sum, number, service) => sum + Math.max(0, number - (read.get(service) ?? 0)),
      0,
    );
  }

  #followed(): void {
    this.held = [];
    this.fresh = 0;
    this.following = true;
  }

  async #readEnd(): Promise<void> {
    const end = await this.#part(null, null);
    this.lines = joined(end, this.held);
    for (const [service, number] of newestNumbers(this.lines)) {
      this.#newest[service] = Math.max(number, this.#newest[service] ?? 0);
    }
    this.whole = end.length < linesMax;
    this.cut = false;
    this.held = [];
  }

  /** Another launch numbers its lines anew. */
  async #beginAnew(): Promise<void> {
    this.ended = false;
    this.held = [];
    this.#newest.length = 0;
    if (this.following) return this.#readEnd();
    this.lines = this.lines.map((each) => ({
      ...each,
      line: { ...each.line, number: 0, unfinished: false },
    }));
    this.cut = true;
  }

  async #part(...[before, after]: [Place, Place]): Promise<Entry[]> {
    const lines = await this.#bridge.logPart([...this.#services], before, after, linesMax);
    return entries(lines, this.#services);
  }

  async #load(load: () => Promise<void>): Promise<void> {
    if (this.#running) return;
    this.#running = load()
      .catch((thrown: unknown) => void (this.problem = messageOf(thrown)))
      .finally(() => (this.#running = null));
    await this.#running;
  }
}

type Place = ReturnType<typeof placeAt>;
