/** The one sentence that says whether all is well, and if not, what is the matter. */
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { ServiceState } from '../lib/generated/ServiceState';
import type { Snapshot } from '../lib/generated/Snapshot';
import { portTaken } from '../lib/text/causes';
import type { Catalogue } from '../lib/text/index.svelte';

/** Says how the whole stack is: of several troubles the gravest, or how many there are. */
export function headline(snapshot: Snapshot | null, text: Catalogue): string {
  const words = text.headline;
  if (snapshot === null) return words.connecting;
  const services = snapshot.services.filter(({ left_out }) => !left_out);
  if (services.length === 0) return words.none;

  const troubled = services.filter(({ state }) => needsAttention(state));
  const [first, second] = troubled;
  if (first && second) return words.many(troubled.length);
  if (first) return trouble(first, text);

  return (
    underWay(services, 'starting', words.starting, words.startingMany) ??
    underWay(services, 'stopping', words.stopping, words.stoppingMany) ??
    stopped(services, text) ??
    words.healthy(services.filter(({ finished }) => !finished).length)
  );
}

/** Whether a person should look at it. */
export function needsAttention(state: ServiceState): boolean {
  return state === 'failed' || state === 'conflict' || state === 'unhealthy' || state === 'backoff';
}

function trouble(service: ServiceSnapshot, text: Catalogue): string {
  const words = text.headline;
  if (service.state === 'conflict' && service.conflict) {
    return portTaken(service.conflict, text);
  }
  if (service.state === 'failed') return words.failed(service.label);
  if (service.state === 'backoff') return words.backoff(service.label);
  return words.unhealthy(service.label);
}

function underWay(
  services: ServiceSnapshot[],
  state: ServiceState,
  one: (label: string) => string,
  many: (count: number) => string,
): string | null {
  const those = services.filter((service) => service.state === state);
  const [first, second] = those;
  if (!first) return null;
  return second ? many(those.length) : one(first.label);
}

function stopped(services: ServiceSnapshot[], text: Catalogue): string | null {
  const those = services.filter(({ state, finished }) => state === 'stopped' && !finished);
  const [first] = those;
  if (!first) return null;
  return those.length === services.length ? text.headline.stoppedAll : text.headline.stopped(first.label);
}
