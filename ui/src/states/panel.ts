/** The panel's states, by the name they have in the address of the page. */
import type { Holder } from '../lib/generated/Holder';
import type { ServiceSnapshot } from '../lib/generated/ServiceSnapshot';
import type { PanelEvent, StackSummary } from '../lib/bridge';
import type { Demo } from './demo';
import { longLines, printLater, search, shown } from './logs';
import { builtIn, healthy, inState, namedPort, stackOf } from './services';

export interface PanelState extends Demo {
  view?: 'settings' | 'happened' | 'keys' | 'about';
  logsOf?: string[];
  detailsOf?: string[];
  /** The page is that of a window with logs: of this service, or of all. */
  logWindow?: string | null;
  /** What somebody does there first. */
  act?: () => Promise<void>;
}

const showing = (services: ServiceSnapshot[], rest: Partial<PanelState> = {}): PanelState => ({
  events: [{ kind: 'snapshot', snapshot: stackOf(services) }],
  ...rest,
});

const listed = (
  instance: string,
  stack: string | null,
  state: StackSummary['state'],
  file: string | null = null,
): StackSummary => ({ instance, stack, state, file, ends_with_application: true, at_login: false });

const everyState = Object.entries(inState).map(([state, change], at) => ({
  ...healthy(state, `Service ${at + 1}`, 8000 + at, 4250 + at),
  ...change,
  conflict: change.conflict ? { ...change.conflict, port: 8000 + at } : null,
}));

const hundred = Array.from({ length: 100 }, (_, at) =>
  healthy(`worker-${at}`, `Worker ${at + 1}`, 8000 + at, 5000 + at),
);

const longWords: Partial<ServiceSnapshot> = {
  label: 'Dermatological measurement administration dashboard (staging)',
  url: 'http://[2001:db8:85a3::8a2e:370:7334]:65535',
  open_url: 'http://[2001:db8:85a3::8a2e:370:7334]:65535/',
  pid: 4194304,
  restarts: 1048,
  started_at: '2024-10-02T10:00:00Z',
};

const mine: Holder = {
  pid: 1234,
  name: 'python3',
  command: 'python3 -m http.server 8001 --directory /home/anna/projects/skin/public --bind 127.0.0.1',
  started: 98_765,
};

let revision = 100;

/** The same event as the next one of its launcher. */
function renewed(event: PanelEvent): PanelEvent {
  if (event.kind !== 'snapshot') return event;
  revision += 1;
  return { ...event, snapshot: { ...event.snapshot, revision } };
}

export const panelStates: Record<string, PanelState> = {
  connecting: { events: [] },
  about: showing(builtIn(), { view: 'about' }),
  keys: showing(builtIn(), { view: 'keys' }),
  'without-a-tray': showing(builtIn(), { tray: false }),
  healthy: showing(builtIn()),
  starting: showing(
    builtIn({
      backend: { ...inState.starting, detail: null },
      ui: inState.starting,
      admin: inState.starting,
    }),
  ),
  unhealthy: showing(builtIn({ backend: inState.unhealthy })),
  backoff: showing(builtIn({ ui: inState.backoff })),
  conflict: showing(builtIn({ ui: inState.conflict })),
  'conflict-hidden': showing(
    builtIn({
      ui: {
        ...inState.conflict,
        conflict: {
          port: 8001,
          holder: {
            pid: null,
            name: null,
            command: null,
            user: 'www-data',
            hint: "sudo ss -ltnp 'sport = :8001'",
          },
        },
      },
    }),
  ),
  failed: showing(builtIn({ backend: inState.failed, ui: { ...inState.starting } })),
  finished: showing(
    builtIn({
      backend: {
        ...inState.stopped,
        wanted: 'up',
        finished: true,
        port: null,
        url: null,
        detail: 'has done its work',
        cause: { kind: 'finished' },
      },
    }),
  ),
  done: showing(builtIn({ backend: { ...inState.done, label: 'Migration' } })),
  details: showing(
    builtIn({
      backend: { restarts: 2, last_exit: inState.failed.last_exit ?? null },
      ui: {
        needs: ['backend'],
        port_variable: 'UI_PORT',
        command: ['skinai', 'ui'],
        folder: '/home/anna/projects/skin',
      },
    }),
    { detailsOf: ['backend', 'ui'] },
  ),
  'details-long': showing(builtIn({ backend: longWords, ui: inState.failed }), {
    detailsOf: ['backend', 'ui'],
  }),
  'opens-nothing': showing(builtIn(), {
    opensNothing:
      'http://127.0.0.1:8001/ was not opened (xdg-open: exit status: 3). Set a default program for it in the settings of your desktop, or open it by hand.',
    act: async () => {
      (await shown('[data-service=ui] [data-action=open]')).click();
      (await shown('[data-action=log-folder]')).click();
    },
  }),
  moved: showing(builtIn({ ui: { moved_from: 8100 } })),
  'conflict-mine': showing(
    builtIn({
      ui: {
        ...inState.conflict,
        conflict: {
          port: 8001,
          holder: mine,
        },
      },
    }),
  ),
  'held-back': showing(
    builtIn({
      backend: { ...inState.failed, label: 'Migration' },
      ui: {
        ...inState.starting,
        detail: 'waiting for Migration, which has failed (exited with code 1)',
        cause: {
          kind: 'held_back',
          label: 'Migration',
          state: 'failed',
          because: { kind: 'exited', code: 1 },
        },
      },
    }),
  ),
  elsewhere: showing(
    builtIn({
      ui: {
        ...inState.starting,
        other_listeners: ['127.0.0.1:3000'],
        detail:
          'it listens on 127.0.0.1:3000, not on the port 8001 that it was told: is a port fixed in its command, its script or its settings?',
        cause: { kind: 'not_on_told_port', port: 8001, listeners: '127.0.0.1:3000' },
      },
    }),
  ),
  twelve: showing(hundred.slice(0, 12)),
  stopping: showing(builtIn({ backend: inState.stopping, ui: inState.stopped, admin: inState.stopped })),
  stopped: showing(builtIn({ backend: inState.stopped, ui: inState.stopped, admin: inState.stopped })),
  requested: showing(builtIn({ ui: { requested_port: 8501, port: 8001 } })),
  listeners: showing(
    builtIn({
      backend: {
        detail: 'where it listens cannot be told, since node (7) hides its sockets',
        cause: { kind: 'listeners_hidden', holder: { pid: 7, name: 'node', command: null } },
      },
      ui: {
        other_listeners: ['127.0.0.1:9229'],
        ports: { debug: namedPort(8003), metrics: namedPort(8004) },
      },
      admin: {
        served_by: { pid: 812, name: 'docker-proxy', command: null },
        detail: 'docker-proxy (812) listens on its behalf',
        cause: { kind: 'served_by', holder: { pid: 812, name: 'docker-proxy', command: null } },
      },
    }),
  ),
  ended: {
    events: [
      {
        kind: 'snapshot',
        snapshot: stackOf(builtIn({ backend: inState.stopped, ui: inState.stopped, admin: inState.stopped })),
      },
      { kind: 'ended', message: 'The stack was stopped from a terminal.', refused: false, file: null },
    ],
  },
  refused: {
    events: [
      {
        kind: 'ended',
        message:
          '/home/anna/projects/skin/skinai.toml:2:9: the range begins after its end; did you mean 8000-9000? (found `"9000-8000"`)',
        refused: true,
        file: '/home/anna/projects/skin/skinai.toml',
      },
    ],
  },
  'refused-ports': {
    events: [
      {
        kind: 'ended',
        message:
          'no free port for service backend: 8000-8002 are used by python3 (1234) and by node (4711); end one of the holders, or give another range',
        refused: true,
        file: null,
      },
    ],
  },
  silent: {
    events: [
      { kind: 'snapshot', snapshot: stackOf(builtIn()) },
      {
        kind: 'silent',
        message:
          'instance shop (process 4711) does not answer, as if it were stopped: `kill -CONT 4711` lets it go on, `kill -KILL 4711` ends it and its services',
      },
    ],
  },
  stacks: {
    events: [
      { kind: 'snapshot', snapshot: stackOf(builtIn()) },
      {
        kind: 'stacks',
        shown: 'default',
        stacks: [
          listed('default', 'Skin AI Assistant', 'healthy'),
          listed('shop', 'Shop', 'conflict', '/home/anna/projects/shop/skinai.toml'),
          listed('measurements-staging', null, 'starting', '/home/anna/projects/measurements/staging.toml'),
        ],
      },
    ],
    recent: ['/home/anna/projects/shop/skinai.toml', '/home/anna/projects/measurements/staging.toml'],
  },
  welcome: showing(builtIn(), { welcome: true }),
  /** Becomes any other state when the page is told its name, as the check of the layout does. */
  changing: showing(builtIn(), {
    welcome: true,
    push(onEvent) {
      addEventListener('become', (event) => {
        const name = (event as CustomEvent<string>).detail;
        panelStates[name]?.events.forEach((next) => onEvent(renewed(next)));
      });
    },
  }),
  logs: showing(builtIn(), { logsOf: ['backend'] }),
  'logs-empty': showing(builtIn(), { logsOf: ['ui'], lines: [] }),
  'logs-paused': showing(builtIn(), {
    logsOf: ['backend'],
    pushLines: printLater,
    act: async () => {
      (await shown('[data-log=lines] li')).closest('[data-log=lines]')?.scrollTo({ top: 1200 });
      await shown('[data-log=newer]');
    },
  }),
  'logs-searching': showing(builtIn(), { logsOf: ['backend'], act: () => search('[data-log=searching]') }),
  'logs-wrapped': showing(builtIn(), {
    logsOf: ['backend'],
    lines: longLines,
    act: async () => {
      (await shown('[data-log=wrap]')).click();
      (await shown('[data-log=times]')).click();
      (await shown('[data-log=save]')).click();
    },
  }),
  'logs-window': { events: [], logWindow: 'backend', act: () => search('[data-log=searching]') },
  'logs-merged': { events: [], logWindow: null },
  'all-states': showing(everyState),
  long: showing(
    builtIn({
      admin: longWords,
      ui: {
        ...longWords,
        ...inState.conflict,
        conflict: {
          port: 65535,
          holder: {
            pid: 4194304,
            name: 'org.example.very-long-process-name',
            command: `/opt/example/bin/server ${'--option=value '.repeat(40)}`,
          },
        },
      },
    }),
  ),
  reasons: showing(
    builtIn({
      backend: {
        ...inState.unhealthy,
        health: {
          latency_us: null,
          checked_at: '2026-01-31T12:05:08Z',
          last_error:
            'did not answer 3 times in a row (answered 503 to GET /internal/health/readiness?deep=1)',
          cause: {
            kind: 'unresponsive',
            count: 3,
            because: { kind: 'answered', status: 503, path: '/internal/health/readiness?deep=1' },
          },
        },
      },
      ui: {
        ...inState.starting,
        detail: `waiting for ${longWords.label}`,
        cause: { kind: 'waiting_for', label: longWords.label ?? '' },
      },
    }),
  ),
  many: showing(hundred),
  empty: showing([]),
  happened: showing(builtIn(), { view: 'happened' }),
  'happened-long': showing(builtIn(), {
    view: 'happened',
    happenings: Array.from({ length: 300 }, (_, at) => ({
      number: at + 1,
      at: new Date(Date.parse('2026-01-31T11:00:00Z') + at * 1000).toISOString(),
      service: 'admin',
      label: longWords.label ?? '',
      kind: at % 2 === 0 ? 'unhealthy' : 'healthy',
      text: '',
      cause: { kind: 'answered', status: 503, path: '/internal/health/readiness?deep=1' },
    })),
  }),
  'happened-empty': showing(builtIn(), { view: 'happened', happenings: [] }),
  settings: showing(builtIn(), { view: 'settings' }),
  'settings-noted': showing(
    builtIn({
      backend: { port: 49_152, port_source: 'system', url: 'http://127.0.0.1:49152' },
      ui: { requested_port: 8501 },
    }),
    {
      view: 'settings',
      settings: { stack_file: '/home/anna/projects/skin/skinai.toml' },
      problems: [{ field: 'fixed_ports.ui', message: 'Port 8501 is used by python3 (1234).', blocks: false }],
    },
  ),
  'settings-wrong': showing(builtIn(), {
    view: 'settings',
    settings: { range: '9000-8000', stack_file: '/home/anna/stack.toml' },
    problems: [
      { field: 'range', message: 'The range begins after its end: 9000-8000.', blocks: true },
      { field: 'stack_file', message: 'line 4: unknown key "comand", did you mean "command"?', blocks: true },
    ],
  }),
};
