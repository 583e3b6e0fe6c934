/**
 * What the panel can ask of the shell, and what the shell tells it. The panel knows this interface
 * alone; the shell stands behind one implementation, the page of all states behind another.
 */
import type { ApiError } from './generated/ApiError';
import type { LogLine } from './generated/LogLine';
import type { Request } from './generated/Request';
import type { Snapshot } from './generated/Snapshot';

/** What the shell pushes: the port map as it changes, and why there will be no more of them. */
export type PanelEvent = { kind: 'snapshot'; snapshot: Snapshot } | { kind: 'ended'; message: string };

/** The settings that the panel edits. */
export interface Settings {
  /** Where to look for ports, `A-B`, inclusive; empty: as the stack file says. */
  range: string;
  /** Ports set by hand, by the name of the service. */
  fixed_ports: Record<string, number>;
  /** What to do when a published port is lost. */
  on_conflict: 'ask' | 'move';
  start_at_login: boolean;
  /** Whether the service that people use is opened in the browser when all is up. */
  open_on_launch: boolean;
  /** Another stack file than the usual one; `null`: the usual one. */
  stack_file: string | null;
}

/** What is wrong with one field of the settings: `range`, `fixed_ports.NAME`, `stack_file`. */
export interface SettingsProblem {
  field: string;
  message: string;
}

/** Ends something that was begun, such as following a log. */
export type Stop = () => void;

export interface Bridge {
  subscribe(onEvent: (event: PanelEvent) => void): Promise<void>;
  /** Resolves when it is carried out; rejects with an `ApiError`. */
  request(request: Request): Promise<void>;
  openService(service: string): Promise<void>;
  copyAddress(service: string): Promise<void>;
  openLogFolder(): Promise<void>;
  logs(service: string, lines: number): Promise<LogLine[]>;
  followLogs(service: string, onLines: (lines: LogLine[]) => void): Promise<Stop>;
  /** The newest probe latencies in microseconds, oldest first, at most 60; `null`: no answer. */
  latencies(service: string): Promise<(number | null)[]>;
  settings(): Promise<Settings>;
  checkSettings(settings: Settings): Promise<SettingsProblem[]>;
  saveSettings(settings: Settings): Promise<{ restart_needed: boolean }>;
  /** Whether this is the first launch, so that the panel says where the icon lives. */
  welcome(): Promise<boolean>;
  dismissWelcome(): Promise<void>;
  /** The system's language, such as `de-DE`. */
  locale(): Promise<string>;
}

/** The sentence of whatever was thrown, which is an `ApiError` when the shell threw it. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const message = (thrown as Partial<ApiError> | null)?.message;
  return typeof message === 'string' ? message : String(thrown);
}
