/**
 * What the panel can ask of the shell, and what the shell tells it. The panel knows this interface
 * alone; the shell stands behind one implementation, the page of all states behind another.
 */
import type { ApiError } from './generated/ApiError';
import type { Cause } from './generated/Cause';
import type { Commands } from './generated/desktop/commands';
import type { PanelEvent } from './generated/desktop/PanelEvent';
import type { Settings } from './generated/desktop/Settings';
import type { SettingsProblem } from './generated/desktop/SettingsProblem';
import type { StackSummary } from './generated/desktop/StackSummary';
import type { Happening } from './generated/Happening';
import type { LogLine } from './generated/LogLine';
import type { Request } from './generated/Request';
import type { Resources } from './generated/Resources';
import { because } from './text/causes';
import { t } from './text/index.svelte';

export type { PanelEvent, Request, Resources, Settings, SettingsProblem, StackSummary };

/** Ends something that was begun, such as following a log. */
export type Stop = () => void;

/** What concerns the window alone. */
type OfWindow = 'painted' | 'closePanel' | 'zoomPanel' | 'hideTooltip';

/** The shell's commands about one stack, but for how following something ends, and what concerns the window alone. */
export interface Bridge extends Omit<
  Commands,
  'followLogs' | 'unfollowLogs' | 'followHappenings' | OfWindow
> {
  /** Tells lines as they come, and none at all when there will be no more. */
  followLogs(service: string, onLines: (lines: LogLine[]) => void): Promise<Stop>;
  followHappenings(onHappening: (happening: Happening) => void): Promise<Stop>;
}

/** What a window with logs can ask for. */
export type LogBridge = Pick<
  Bridge,
  'logServices' | 'logPart' | 'followLogs' | 'searchLogs' | 'cancelSearch' | 'saveLogs' | 'openSavedLog'
>;

/** What to say of whatever was thrown, which is an `ApiError` when the shell threw it. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const { message, cause } = (thrown ?? {}) as Partial<ApiError>;
  return typeof message === 'string' ? because(cause, message, t()) : String(thrown);
}

/** What whatever was thrown says, where programs know. */
export function causeOf(thrown: unknown): Cause | null {
  return ((thrown ?? {}) as Partial<ApiError>).cause ?? null;
}
