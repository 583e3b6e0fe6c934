/** What a row says below its line, since a person should know of it without asking. */
import { capitalised } from '../lib/format';
import type { Cause } from '../lib/generated/Cause';
import type { LastExit } from '../lib/generated/LastExit';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { ServiceState } from '../lib/generated/ServiceState';
import type { Catalogue } from '../lib/text/index.svelte';
import { because } from '../lib/text/causes';

/** States that are said below the line, with their reason, and not in it: the gravest first. */
export const TROUBLE: readonly ServiceState[] = ['failed', 'conflict', 'unhealthy', 'backoff'];
/** What is said of a service whose state alone does not show that something is wrong. */
const BESIDE = ['loopback_taken', 'not_ours', 'stuck'];
/** What keeps a service from being up while it starts, and will not pass by itself. */
const HINDERS = [
  'answered_by_other',
  'listeners_hidden',
  'listens_elsewhere',
  'not_on_told_port',
  'not_ready',
  'socket_not_taken',
  'suspended',
  'traced',
];

/** Whether a person should look at it. */
export function needsAttention({ state }: ServiceSnapshot): boolean {
  return TROUBLE.includes(state);
}

/** The state in words, with the time that is left where it is about to change. */
export function stateWords(service: ServiceSnapshot, now: number, text: Catalogue): string {
  const { state, cause } = service;
  if (state === 'backoff' && cause?.kind === 'next_start') {
    const left = Math.ceil(cause.count - (now - Date.parse(service.since)) / 1000);
    if (left > 0) return text.row.restartingIn(Math.min(left, cause.count));
  }
  if (state === 'starting' && (cause?.kind === 'waiting_for' || cause?.kind === 'held_back'))
    return text.row.waiting;
  return text.say(`state_${state}`);
}

/** Why it is in that state, as a fragment; empty where there is nothing to say. */
export function reason(service: ServiceSnapshot, text: Catalogue): string {
  const { state, health, last_exit, conflict } = service;
  if (state === 'conflict' && conflict)
    return because({ kind: 'port_taken', port: conflict.port, holder: conflict.holder }, '', text);
  if (state === 'backoff' && last_exit) return because(last_exit.cause, last_exit.reason, text);
  if (state === 'failed' && service.detail === null && last_exit)
    return because(last_exit.cause, last_exit.reason, text);
  if ((state === 'unhealthy' || state === 'healthy') && health.last_error !== null)
    return because(health.cause, health.last_error, text);
  return because(service.cause, service.detail ?? '', text);
}

/** What it printed last, as a text for each run of it. */
export function runsOf({ last_lines: lines = [], run_begins: begins = [] }: Partial<LastExit>): string[] {
  const edges = [0, ...begins, lines.length];
  return edges.slice(1).map((end, at) => lines.slice(edges[at], end).join('\n'));
}

/** What stands below the line of a service that is not in one of the states of trouble; `null` mostly. */
export function beside(service: ServiceSnapshot, text: Catalogue): string | null {
  const { cause } = service;
  if (needsAttention(service) || !cause) return null;
  const hinders = service.state === 'starting' && HINDERS.includes(cause.kind);
  if (!hinders && !BESIDE.includes(cause.kind)) return null;
  return capitalised(because(cause, service.detail ?? '', text));
}

/** A service without which another one is of no use, and what is said of that in the other one's row. */
export interface Lacking {
  name: string;
  label: string;
  says: string;
}

/** What a service lacks that will not be there before a person sees to it. */
export function lacking(
  service: ServiceSnapshot,
  all: readonly ServiceSnapshot[],
  text: Catalogue,
): Lacking | null {
  const { cause } = service;
  if (cause?.kind === 'held_back') {
    // It may be needed by what this one needs.
    const named = all.filter(({ label }) => label === cause.label);
    const needed = named.find(({ name }) => service.needs.includes(name)) ?? named[0];
    const says = capitalised(because(cause, service.detail ?? '', text));
    return needed ? { name: needed.name, label: needed.label, says } : null;
  }
  if (service.wanted === 'down' || service.finished) return null;
  const isLacking = ({ state, wanted }: ServiceSnapshot): boolean =>
    state === 'failed' || state === 'conflict' || (state === 'stopped' && wanted === 'down');
  const needed = all.find((other) => service.needs.includes(other.name) && isLacking(other));
  if (!needed) return null;
  const { name, label, state } = needed;
  return { name, label, says: text.row.needs(label, text.say(`is_${state}`)) };
}

/** Whether the row of a service says already why something was not done: it failed, or somebody has its port. */
export function isSaid(cause: Cause | null, { label, state, conflict }: ServiceSnapshot): boolean {
  if (cause?.kind !== 'not_healthy' || cause.label !== label) return false;
  if (state === 'failed' || state === 'backoff') return true;
  if (state !== 'conflict') return false;
  return cause.because.kind === 'port_taken' && cause.because.port === conflict?.port;
}
