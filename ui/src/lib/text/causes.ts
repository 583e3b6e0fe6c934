/** Causes in words, as the program and the tray word them too (`Cause::said` in `crates/contract`). */
import type { Cause } from '../generated/Cause';
import { holderName } from './holder';
import type { Catalogue } from './en';

/** The cause in the language of the page; the sentence where there is none, or no words for it. */
export function because(cause: Cause | null | undefined, sentence: string, text: Catalogue): string {
  if (cause == null || cause.kind === 'other') return sentence;
  const atTimes = cause.kind === 'not_ready' || cause.kind === 'needs' || cause.kind === 'held_back';
  const id = `cause_${cause.kind}${atTimes && cause.because ? '_because' : ''}`;
  const words = text.say(id, values(cause, text));
  return words === id ? sentence : words;
}

function values(cause: Cause, text: Catalogue): Record<string, string | number> {
  const filled: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(cause)) {
    if (typeof value === 'string' || typeof value === 'number') filled[name] = value;
  }
  if ('because' in cause && cause.because) filled.because = said(cause.because, text);
  if ('holder' in cause) filled.holder = holderName(cause.holder, text);
  if ('state' in cause) filled.state = text.say(`is_${cause.state}`);
  if ('limit_ms' in cause) filled.limit = time(cause.limit_ms, text);
  return filled;
}

/** The cause in the language of the page, where no sentence comes with it. */
export function said(cause: Cause | null | undefined, text: Catalogue): string {
  return because(cause, cause?.kind === 'other' ? cause.text : '', text);
}

function time(milliseconds: number, text: Catalogue): string {
  if (milliseconds < 1000) return text.say('milliseconds', { count: milliseconds });
  return text.say('seconds', { count: milliseconds / 1000 });
}
