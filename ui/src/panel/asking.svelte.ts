/** What a person asks for one service: one thing at a time, with what came of it. */
import { type Bridge, causeOf, messageOf, type Request } from '../lib/bridge';
import type { Cause } from '../lib/generated/Cause';

export type Asked = Request['request'];

export class Asking {
  /** What is being carried out. */
  what: Asked | null = $state(null);
  /** Why the last one was not carried out. */
  problem: string | null = $state(null);
  /** What it says, where programs know. */
  cause: Cause | null = $state.raw(null);
  private readonly bridge: Bridge;

  constructor(bridge: Bridge) {
    this.bridge = bridge;
  }

  async request(request: Request): Promise<void> {
    if (this.what !== null) return;
    this.what = request.request;
    await this.attempt(() => this.bridge.request(request));
    this.what = null;
  }

  /** Does something that only fails in words. */
  async attempt(what: () => Promise<unknown>): Promise<void> {
    this.problem = null;
    try {
      await what();
    } catch (thrown) {
      this.cause = causeOf(thrown);
      this.problem = messageOf(thrown);
    }
  }
}
