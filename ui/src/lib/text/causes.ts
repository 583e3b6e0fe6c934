/** Causes in words, as the shell words them too (`src-tauri/src/text/causes.rs`). */
import type { Cause } from '../generated/Cause';
import { fill } from './fill';
import { holderName } from './holder';
import type { Catalogue } from './en';

/** The cause in the language of the page; the sentence where there is none, or no words for it. */
export function because(cause: Cause | null | undefined, sentence: string, text: Catalogue): string {
  if (cause == null) return sentence;
  const words: Readonly<Record<string, string | undefined>> = text.desktop.causes;
  const { kind } = cause;
  const one = 'count' in cause && cause.count === 1 ? words[`${kind}_one`] : undefined;
  const more = 'because' in cause ? words[`${kind}_because`] : undefined;
  const said = one ?? more ?? words[kind];
  return said === undefined ? sentence : fill(said, values(cause, text));
}

function values(cause: Cause, text: Catalogue): Record<string, string | number> {
  const filled: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(cause)) {
    if (typeof value === 'string' || typeof value === 'number') filled[name] = value;
  }
  if ('because' in cause && cause.because)
    filled.because = because(cause.because, spoken(cause.because), text);
  if ('holder' in cause) filled.holder = holderName(cause.holder, text);
  if ('state' in cause) filled.state = text.desktop.states[cause.state];
  if ('limit_ms' in cause) filled.limit = time(cause.limit_ms, text);
  return filled;
}

/** What there is only a sentence for. */
function spoken(cause: Cause): string {
  return cause.kind === 'other' ? cause.text : '';
}

function time(milliseconds: number, text: Catalogue): string {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  return `${String(seconds).replace('.', text.desktop.decimal)} s`;
}
