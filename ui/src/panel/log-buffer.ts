/**
 * The newest lines of a service's output, a bounded number of them, whatever the service prints.
 */
import type { LogLine } from '../lib/generated/LogLine';

/** How many lines are kept in the page; the rest is in the log folder. */
export const linesMax = 1000;

/**
 * Joins lines to what is kept: no line twice, none out of order, the oldest dropped. One that has not ended is
 * replaced when it comes again.
 */
export function joined(kept: readonly LogLine[], lines: readonly LogLine[]): readonly LogLine[] {
  const last = kept.at(-1)?.number ?? -1;
  // A flood arrives in large heaps, of which only the end can be kept.
  const newest = new Map(lines.slice(-linesMax).map((line) => [line.number, line]));
  const fresh = [...newest.values()].filter((line) => line.number > last);
  const changes = kept.some((line) => line.unfinished && newest.has(line.number));
  if (fresh.length === 0 && !changes) return kept;
  const changed = kept.map((line) => (line.unfinished && newest.get(line.number)) || line);
  return [...changed.slice(Math.max(0, kept.length + fresh.length - linesMax)), ...fresh];
}

/** The lines that contain the text, whatever its case; all of them for an empty one. */
export function matching(lines: readonly LogLine[], text: string): readonly LogLine[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return lines;
  return lines.filter((line) => line.text.toLowerCase().includes(wanted));
}

export interface Window {
  /** The first line to draw. */
  from: number;
  /** The line after the last one to draw. */
  to: number;
}

/** Which of `count` lines of one height can be seen, and a few on either side of them. */
export function visible(count: number, scrollTop: number, height: number, lineHeight: number): Window {
  const spare = 8;
  const first = Math.floor(scrollTop / lineHeight) - spare;
  const from = Math.max(0, Math.min(first, count - 1));
  const to = Math.min(count, Math.ceil((scrollTop + height) / lineHeight) + spare);
  return { from, to: Math.max(from, to) };
}
