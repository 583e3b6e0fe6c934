/** Logs of a made-up shell, and what somebody does in them. */
import type { Bridge, LogBridge } from '../lib/bridge';
import type { LogEntry } from '../lib/generated/desktop/LogEntry';
import type { LogPlace } from '../lib/generated/desktop/LogPlace';
import type { LogLine } from '../lib/generated/LogLine';

type DemoLogs = Omit<LogBridge, 'followLogs'> & Pick<Bridge, 'openLogWindow'>;

const labels: Record<string, string> = { backend: 'Backend API', ui: 'User UI', admin: 'Admin Dashboard' };

/** A shell that has these lines of each service. */
export function demoLogs(lines: readonly LogLine[], saved = '/home/anna/Downloads/backend.log'): DemoLogs {
  /** Each service prints every so many of the lines. */
  const of = (services: readonly string[]): LogEntry[] =>
    lines.map((line, at) => ({ service: services[at % services.length] ?? '', line }));
  return {
    logServices: async () => Object.entries(labels).map(([name, label]) => ({ name, label })),
    logPart: async (services, before, after, count) => {
      const all = of(services);
      const edge = (place: LogPlace): number => Date.parse(place.at);
      if (before) return all.filter(({ line }) => Date.parse(line.at) < edge(before)).slice(-count);
      if (after) return all.filter(({ line }) => Date.parse(line.at) >= edge(after)).slice(after.same);
      return all.slice(-count);
    },
    searchLogs: async (_search, services, { text }) => {
      const found = of(services).filter(({ line }) => line.text.includes(text));
      return { total: found.length, newest: found.map(({ line }) => ({ at: line.at, later: 0 })) };
    },
    cancelSearch: async () => undefined,
    saveLogs: async () => saved,
    openSavedLog: async () => undefined,
    openLogWindow: async () => undefined,
  };
}

/** A few lines that are wider than any window. */
export const longLines: LogLine[] = Array.from({ length: 9 }, (_, at) => ({
  number: at + 1,
  at: new Date(Date.parse('2026-01-31T12:00:00Z') + at * 1234).toISOString(),
  stream: at % 4 === 2 ? 'stderr' : at === 0 ? 'launcher' : 'stdout',
  text: at % 2 === 0 ? `short ${at}` : `GET /v1/measurements?${'filter=erythema&'.repeat(9)} 200 1 ms`,
  unfinished: false,
}));

/** Prints once somebody has scrolled back. */
export function printLater(onLines: (lines: LogLine[]) => void): void {
  const stop = setInterval(() => {
    if (!document.querySelector('[data-log=follow][aria-pressed=false]')) return;
    clearInterval(stop);
    onLines(longLines.map((line, at) => ({ ...line, number: 301 + at })));
  }, 20);
}

/** Looks for a word that there is. */
export async function search(button: string): Promise<void> {
  (await shown('[data-log=lines] li')).focus();
  (await shown(button)).click();
  const field = (await shown('[data-log=search]')) as HTMLInputElement;
  field.value = 'POST';
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Something, as soon as it is there. */
export async function shown(css: string): Promise<HTMLElement> {
  for (;;) {
    const found = document.querySelector<HTMLElement>(css);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
