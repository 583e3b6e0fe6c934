/**
 * What the panel can ask of the shell, and what the shell tells it. The panel knows this interface
 * alone; the shell stands behind one implementation, the page of all states behind another.
 */
import type { ApiError } from './generated/ApiError';
import type { PanelEvent } from './generated/desktop/PanelEvent';
import type { Saved } from './generated/desktop/Saved';
import type { Settings } from './generated/desktop/Settings';
import type { SettingsProblem } from './generated/desktop/SettingsProblem';
import type { LogLine } from './generated/LogLine';
import type { Request } from './generated/Request';
import { because } from './text/causes';
import { t } from './text/index.svelte';

export type { PanelEvent, Settings, SettingsProblem };

/** Ends something that was begun, such as following a log. */
export type Stop = () => void;

export interface Bridge {
  /** Tells what is the case now, and then whatever changes, in place of an earlier one who was told. */
  subscribe(onEvent: (event: PanelEvent) => void): Promise<void>;
  /** Tells nothing until somebody subscribes again. */
  unsubscribe(): Promise<void>;
  /** Resolves when it is carried out; rejects with an `ApiError`. */
  request(request: Request): Promise<void>;
  openService(service: string): Promise<void>;
  copyAddress(service: string): Promise<void>;
  openLogFolder(): Promise<void>;
  /** Opens the stack file that keeps everything from being launched. */
  openStackFile(): Promise<void>;
  logs(service: string, lines: number): Promise<LogLine[]>;
  followLogs(service: string, onLines: (lines: LogLine[]) => void): Promise<Stop>;
  /** The newest probe latencies in microseconds, oldest first, at most 60; `null`: no answer. */
  latencies(service: string): Promise<(number | null)[]>;
  settings(): Promise<Settings>;
  checkSettings(settings: Settings): Promise<SettingsProblem[]>;
  saveSettings(settings: Settings): Promise<Saved>;
  /** Whether this is the first launch, so that the panel says where the icon lives. */
  welcome(): Promise<boolean>;
  dismissWelcome(): Promise<void>;
  /** The system's language, such as `de-DE`. */
  locale(): Promise<string>;
}

/** What to say of whatever was thrown, which is an `ApiError` when the shell threw it. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const { message, cause } = (thrown ?? {}) as Partial<ApiError>;
  return typeof message === 'string' ? because(cause, message, t()) : String(thrown);
}
