/** The one sentence that says whether all is well, and if not, what is the matter. */
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { ServiceState } from '../lib/generated/ServiceState';
import type { Snapshot } from '../lib/generated/Snapshot';
import type { Catalogue } from '../lib/text/index.svelte';
import { needsAttention, TROUBLE } from './trouble';

export interface Headline {
  says: string;
  /** The service that it is about, where it is about one more than about the others. */
  about: ServiceSnapshot | null;
}

/** Says how the whole stack is: of several troubles the gravest, and how many more there are. */
export function headline(snapshot: Snapshot | null, text: Catalogue): Headline {
  const words = text.headline;
  if (snapshot === null) return { says: words.connecting, about: null };
  const services = snapshot.services.filter(({ left_out }) => !left_out);
  if (services.length === 0) return { says: words.none, about: null };

  const troubled = gravestFirst(services.filter(needsAttention));
  const [about] = troubled;
  if (about) {
    const says = trouble(about, text);
    return { says: troubled.length === 1 ? says : words.more(says, troubled.length - 1), about };
  }
  return (
    underWay(
      // What waits for a person is not about to start.
      services.filter(({ cause }) => cause?.kind !== 'held_back'),
      'starting',
      words.starting,
      words.startingMany,
    ) ??
    underWay(services, 'stopping', words.stopping, words.stoppingMany) ??
    stopped(services, text) ?? {
      says: words.healthy(services.filter(({ finished }) => !finished).length),
      about: null,
    }
  );
}

/** The same services, those in trouble first; each kind in the order of the stack file. */
export function gravestFirst<T extends ServiceSnapshot | { service: ServiceSnapshot }>(all: T[]): T[] {
  const rank = (one: T): number => {
    const at = TROUBLE.indexOf('service' in one ? one.service.state : one.state);
    return at === -1 ? TROUBLE.length : at;
  };
  return [...all].sort((one, other) => rank(one) - rank(other));
}

function trouble(service: ServiceSnapshot, text: Catalogue): string {
  const words = text.headline;
  const { label, state } = service;
  if (state === 'conflict') return words.conflict(label);
  if (state === 'failed') return words.failed(label);
  if (state === 'backoff') return words.backoff(label);
  return words.unhealthy(label);
}

function underWay(
  services: ServiceSnapshot[],
  state: ServiceState,
  one: (label: string) => string,
  many: (count: number) => string,
): Headline | null {
  const those = services.filter((service) => service.state === state);
  const [first, second] = those;
  if (!first) return null;
  return second ? { says: many(those.length), about: null } : { says: one(first.label), about: first };
}

function stopped(services: ServiceSnapshot[], text: Catalogue): Headline | null {
  const those = services.filter(({ state, finished }) => state === 'stopped' && !finished);
  const [first] = those;
  if (!first) return null;
  if (those.length === services.length) return { says: text.headline.stoppedAll, about: null };
  return { says: text.headline.stopped(first.label), about: first };
}
