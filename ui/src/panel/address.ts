/** Where a service's address leads. */
import type { NamedPort } from '../lib/generated/NamedPort';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';

/**
 * Whether the address can be opened: people are to use the service, and it is the service itself that
 * answers there, now or as soon as it can. The shell goes by the same rule (`address_to_open` in
 * `crates/contract`) and refuses whatever is asked of it otherwise.
 */
export function opens(service: ServiceSnapshot): boolean {
  if (service.open_url === null) return false;
  switch (service.state) {
    case 'healthy':
    case 'unhealthy':
      return true;
    case 'starting':
    case 'backoff':
    case 'stopping':
      return service.wanted === 'up' && service.handoff === 'socket';
    case 'stopped':
    case 'conflict':
    case 'failed':
    case 'done':
      return false;
  }
}

/**
 * The address in two parts, of which only the first may be cut off; `null` where there is none. The second is
 * the port, with the colon before it. Browsers need no `http://` before them.
 */
export function parts(service: ServiceSnapshot): { host: string; port: string } | null {
  if (service.url === null) return null;
  const [, host, port] = /^(?:http:\/\/)?(.*?)(:\d+\/?)?$/.exec(service.url) ?? [];
  return { host: host ?? service.url, port: port ?? '' };
}

/** The ports of a service that have names. */
export function named(ports: Record<string, NamedPort>): string {
  return Object.entries(ports)
    .map(([name, { port }]) => `${name} :${port}`)
    .join(' · ');
}
