/** The fixed ports of the settings, between what is typed and what is saved. */
import type { SettingsProblem } from '../lib/bridge';

/** The ports that can be read; an empty field and one that is no port have none. */
export function fixedPorts(typed: Readonly<Record<string, string>>): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const [name, text] of Object.entries(typed)) {
    const port = portOf(text);
    if (port !== null) ports[name] = port;
  }
  return ports;
}

/** A problem for each field that holds something other than a port. */
export function portProblems(typed: Readonly<Record<string, string>>, message: string): SettingsProblem[] {
  return Object.entries(typed)
    .filter(([, text]) => text.trim() !== '' && portOf(text) === null)
    .map(([name]) => ({ field: `fixed_ports.${name}`, message, blocks: true }));
}

function portOf(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,5}$/.test(digits)) return null;
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? port : null;
}
