/** A bridge to a made-up shell, so that the panel can be looked at in every state without one. */
import type { Bridge, PanelEvent, Settings, SettingsProblem } from '../lib/bridge';
import type { Happening } from '../lib/generated/Happening';
import type { LogLine } from '../lib/generated/LogLine';
import { demoLogs } from './logs';

export interface Demo {
  /** What the shell pushes, in this order, at once. */
  events: PanelEvent[];
  welcome?: boolean;
  /** Whether there is a tray. */
  tray?: boolean;
  settings?: Partial<Settings>;
  problems?: SettingsProblem[];
  /** How requests end: never, or with this sentence. */
  refuses?: string;
  /** Why nothing is opened. */
  opensNothing?: string;
  lines?: LogLine[];
  happenings?: Happening[];
  /** Stack files that were opened. */
  recent?: string[];
  /** Where logs are saved. */
  saved?: string;
  /** Keeps pushing, once the page is there. */
  push?: (onEvent: (event: PanelEvent) => void) => void;
  pushLines?: (onLines: (lines: LogLine[]) => void) => void;
}

export function demoBridge(demo: Demo, locale: string): Bridge {
  const settings: Settings = {
    range: '8000-9000',
    fixed_ports: { ui: 8501 },
    on_conflict: 'ask',
    start_at_login: true,
    open_on_launch: false,
    trouble_first: false,
    stack_file: null,
    recent_stacks: [],
    stacks_at_login: [],
    ...demo.settings,
  };
  const opened = (): void => {
    if (demo.opensNothing !== undefined) throw { code: 'internal', message: demo.opensNothing };
  };
  return {
    subscribe: async (onEvent) => {
      demo.events.forEach(onEvent);
      demo.push?.(onEvent);
    },
    unsubscribe: async () => undefined,
    request: () =>
      demo.refuses === undefined
        ? new Promise(() => undefined)
        : Promise.reject({ code: 'no_free_port', message: demo.refuses }),
    openService: async () => opened(),
    copy: async () => undefined,
    copyable: async () => [
      { form: 'address', text: 'http://127.0.0.1:8001' },
      { form: 'address_with_key', text: null },
      { form: 'port', text: '8001' },
      { form: 'curl', text: 'curl http://127.0.0.1:8001/health' },
      { form: 'export', text: 'export UI_PORT=8001' },
    ],
    copyMap: async () => undefined,
    resources: async (service) => ({
      cpu_ms: 41_200,
      memory_bytes: (60 + service.length * 7) * 2 ** 20,
      processes: service.length % 3,
    }),
    openServiceFolder: async () => opened(),
    openLogFolder: async () => opened(),
    openStackFile: async () => opened(),
    followLogs: async (_service, onLines) => {
      demo.pushLines?.(onLines);
      return () => undefined;
    },
    happenings: async (count) => (demo.happenings ?? happeningsOfADay).slice(-count),
    followHappenings: async () => () => undefined,
    shownStack: async () => 'default',
    switchStack: async () => undefined,
    endStack: async () => undefined,
    startStackAtLogin: async () => undefined,
    chooseStackFile: async () => undefined,
    recentStacks: async () => demo.recent ?? [],
    openRecent: async () => undefined,
    newInstance: async () => undefined,
    ...demoLogs(demo.lines ?? linesOfBackend, demo.saved),
    latencies: async (service) => wave(service),
    settings: async () => settings,
    checkSettings: async () => demo.problems ?? [],
    restartNeeded: async () => settings.stack_file !== null,
    saveSettings: async () => ({ restart_needed: true }),
    welcome: async () => demo.welcome ?? false,
    dismissWelcome: async () => undefined,
    followTray: async (told) => told(demo.tray ?? true),
    about: async () => ({
      version: '0.1.0',
      stack: 'Skin AI Assistant',
      file: '/home/anna/web-shop/skinai.toml',
      instance: 'default',
      pid: 4242,
      log_folder: '/home/anna/.local/state/skinai/logs/default',
    }),
    copyDiagnostics: async () => undefined,
    quit: async () => undefined,
    locale: async () => locale,
  };
}

/** A day in the life of a stack: what stands in the list. */
const told: [string, 'backend' | 'ui' | 'admin' | null, Partial<Happening> & Pick<Happening, 'kind'>][] = [
  ['2026-01-30T16:40:02Z', null, { kind: 'launched' }],
  ['2026-01-30T16:40:02Z', 'backend', { kind: 'started' }],
  ['2026-01-30T16:40:03Z', 'backend', { kind: 'healthy' }],
  ['2026-01-30T17:12:44Z', 'backend', { kind: 'stopped', reason: 'request' }],
  ['2026-01-30T17:12:45Z', null, { kind: 'stopped', reason: 'request' }],
  ['2026-01-31T10:00:00Z', null, { kind: 'launched' }],
  ['2026-01-31T10:00:00Z', 'backend', { kind: 'started' }],
  ['2026-01-31T10:00:01Z', 'backend', { kind: 'healthy' }],
  ['2026-01-31T10:00:01Z', 'ui', { kind: 'started' }],
  ['2026-01-31T10:00:02Z', 'ui', { kind: 'healthy' }],
  ['2026-01-31T10:31:12Z', 'ui', { kind: 'moved', reason: 'request', from: 8001, to: 8005 }],
  [
    '2026-01-31T11:02:41Z',
    'backend',
    { kind: 'unhealthy', reason: 'unhealthy', cause: { kind: 'no_answer', limit_ms: 2000 } },
  ],
  ['2026-01-31T11:02:47Z', 'backend', { kind: 'restarted', reason: 'unhealthy' }],
  ['2026-01-31T11:02:48Z', 'backend', { kind: 'healthy' }],
  ['2026-01-31T11:40:09Z', null, { kind: 'settings' }],
  [
    '2026-01-31T11:58:30Z',
    'admin',
    {
      kind: 'conflict',
      reason: 'address',
      cause: { kind: 'port_taken', port: 8002, holder: { pid: 1234, name: 'python3', command: null } },
    },
  ],
  ['2026-01-31T11:59:02Z', 'admin', { kind: 'moved', reason: 'address', from: 8002, to: 8006 }],
  ['2026-01-31T12:04:58Z', 'ui', { kind: 'exited', reason: 'exited', cause: { kind: 'exited', code: 1 } }],
  ['2026-01-31T12:04:58Z', 'ui', { kind: 'restarted', reason: 'exited' }],
  ['2026-01-31T12:05:01Z', 'ui', { kind: 'failed', reason: 'exited', cause: { kind: 'exited', code: 1 } }],
];

const labels = { backend: 'Backend API', ui: 'User UI', admin: 'Admin Dashboard' };

const happeningsOfADay: Happening[] = told.map(([at, service, rest], index) => ({
  number: index + 1,
  at,
  ...(service === null ? {} : { service, label: labels[service] }),
  text: '',
  ...rest,
}));

const printed = [
  'listening on 127.0.0.1:8000 (inherited)',
  'storage: /home/anna/.local/share/skinai/measurements.db, 12 measurements',
  'POST /v1/measurements 201 84 ms',
  'GET /v1/measurements?limit=20 200 1 ms',
  'GET /health 200 0 ms',
  'warning: photo without a colour profile, read as sRGB',
  'DELETE /v1/measurements/7 204 2 ms',
];

const linesOfBackend: LogLine[] = Array.from({ length: 240 }, (_, at) => ({
  number: at + 61,
  at: new Date(Date.parse('2026-01-31T12:00:00Z') + at * 1000).toISOString(),
  stream: at === 0 ? 'launcher' : at % 7 === 5 ? 'stderr' : 'stdout',
  text: at === 0 ? 'started as process 4250' : (printed[at % printed.length] ?? ''),
  unfinished: false,
}));

/** Sixty latencies that differ from service to service and not from time to time. */
function wave(service: string): (number | null)[] {
  const seed = [...service].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return Array.from({ length: 60 }, (_, at) => {
    if (service === 'admin' && at > 24 && at < 29) return null;
    const bump = (at * 7 + seed) % 23 === 0 ? 900 : 0;
    return Math.round(260 + 60 * Math.sin((at + seed) / 4) + ((at * seed) % 41) + bump);
  });
}
