/** The backend's figures, asked for every two seconds while somebody looks. */
import type { Stats } from '../lib/generated/skin/Stats';
import { answered, RequestFailed } from '../lib/http';

const everyMs = 2000;

export type ReadStats = () => Promise<Stats>;

export const server: ReadStats = async () => (await (await answered('v1/stats')).json()) as Stats;

export class Watch {
  stats: Stats | null = $state.raw(null);
  /** When the newest figures came, in milliseconds since 1970. */
  readAt: number | null = $state(null);
  /** Why the newest question was not answered. */
  problem: RequestFailed | null = $state.raw(null);
  private readonly read: ReadStats;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;

  constructor(read: ReadStats) {
    this.read = read;
  }

  /** Begins to ask; the answer ends it. */
  start(): () => void {
    const follow = (): void => {
      clearTimeout(this.timer);
      if (!document.hidden) void this.ask();
    };
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      clearTimeout(this.timer);
    };
  }

  /** One question at a time: a backend that is slow is not asked more often for it. */
  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      this.stats = await this.read();
      this.readAt = Date.now();
      this.problem = null;
    } catch (thrown) {
      if (!(thrown instanceof RequestFailed)) throw thrown;
      this.problem = thrown;
    } finally {
      this.asking = false;
      clearTimeout(this.timer);
      if (!document.hidden) this.timer = setTimeout(() => void this.ask(), everyMs);
    }
  }
}
