/** What happened in words, as the program words it too (`Happening::said` in `crates/contract`). */
import type { Happening } from '../generated/Happening';
import { said } from './causes';
import type { Catalogue } from './en';

/** It in the language of the page, in a sentence without a full stop. */
export function happened(happening: Happening, text: Catalogue): string {
  const { cause, reason, from, to } = happening;
  const id = `happening_${messageOf(happening)}`;
  const words = text.say(id, {
    label: happening.label ?? '',
    because: said(cause, text),
    reason: reason ?? '',
    from: from ?? 0,
    to: to ?? 0,
  });
  return words === id ? happening.text : words;
}

/** The end of its message's id. */
function messageOf({ kind, service, cause }: Happening): string {
  if (kind === 'stopped' && service === undefined) return 'ended';
  return kind === 'moved' && cause !== undefined ? 'moved_because' : kind;
}

/** Whether it is something that somebody may have to see to, or that was not asked for. */
export function isTrouble({ kind, reason, cause }: Happening): boolean {
  switch (kind) {
    case 'unhealthy':
    case 'conflict':
    case 'failed':
      return true;
    case 'exited':
      // A task that has done its work.
      return !(cause?.kind === 'exited' && cause.code === 0);
    case 'restarted':
    case 'moved':
      return reason !== undefined && reason !== 'request' && reason !== 'changed';
    default:
      return false;
  }
}

/** The same without each end of a process that made its service fail: that the service failed says how it ended. */
export function folded(happenings: readonly Happening[]): Happening[] {
  const next = new Map<string, Happening>();
  const failed = ({ kind, service, reason }: Happening): boolean => {
    const then = kind === 'exited' && service !== undefined ? next.get(service) : undefined;
    return then?.kind === 'failed' && then.reason === reason;
  };
  const kept = [...happenings].reverse().filter((happening) => {
    const isSaid = failed(happening);
    if (happening.service !== undefined) next.set(happening.service, happening);
    return !isSaid;
  });
  return kept.reverse();
}
