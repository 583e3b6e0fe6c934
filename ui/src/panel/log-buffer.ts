/**
 * Lines of one service or of several, in the order of time: a part of what was printed, which grows at either
 * side and stays bounded.
 */
import type { LogEntry } from '../lib/generated/desktop/LogEntry';
import type { LogMatches } from '../lib/generated/desktop/LogMatches';
import type { LogPlace } from '../lib/generated/desktop/LogPlace';
import type { LogLine } from '../lib/generated/LogLine';

/** How many lines are kept while they are followed, and loaded at once when somebody reads back. */
export const linesMax = 1000;
/** How many are kept while somebody reads back. */
export const readMax = 5 * linesMax;

/** A line, and the position of its service among those that are shown. */
export interface Entry {
  /** Its own, whatever comes before it or after it. */
  key: number;
  service: number;
  /** In whole milliseconds since 1970, as files have it. */
  time: number;
  line: LogLine;
}

/** A line that a search has found: when it was printed, and how many lines of this time come after it. */
export type Match = LogMatches['newest'][number];

let lastKey = 0;

export function entry(service: number, line: LogLine): Entry {
  // Of what is less than a millisecond, browsers do not make the same.
  const time = Date.parse(line.at.replace(/(\.\d{3})\d+/, '$1'));
  return { key: ++lastKey, service, time, line };
}

export function entries(lines: readonly LogEntry[], services: readonly string[]): Entry[] {
  return lines.map(({ service, line }) => entry(services.indexOf(service), line));
}

/**
 * Joins lines that were just printed to what is kept: no line twice, and the oldest dropped. One that has not ended
 * is replaced when it comes again.
 */
export function joined(kept: readonly Entry[], arrived: readonly Entry[], max = linesMax): readonly Entry[] {
  const newest = newestNumbers(kept);
  const name = ({ service, line }: Entry): string => `${service} ${line.number}`;
  // A flood arrives in large heaps, of which only the end can be kept.
  const last = new Map(arrived.slice(-max).map((each) => [name(each), each]));
  const fresh = [...last.values()].filter((each) => each.line.number > (newest.get(each.service) ?? -1));
  const changes = kept.some((each) => each.line.unfinished && last.has(name(each)));
  if (fresh.length === 0 && !changes) return kept;
  const changed = kept.map((each) => {
    const again = each.line.unfinished ? last.get(name(each)) : undefined;
    return again ? { ...again, key: each.key } : each;
  });
  const all = [...changed.slice(Math.max(0, kept.length + fresh.length - max)), ...fresh];
  const several = all.some((each) => each.service !== all[0]?.service);
  return several ? all.sort((one, other) => one.time - other.time || one.service - other.service) : all;
}

/** The number of the newest line of each service. */
export function newestNumbers(kept: readonly Entry[]): Map<number, number> {
  const newest = new Map<number, number>();
  for (const { service, line } of kept) {
    newest.set(service, Math.max(line.number, newest.get(service) ?? 0));
  }
  return newest;
}

/** Whether no line is missing between what is kept and what has arrived. */
export function contiguous(kept: readonly Entry[], arrived: readonly Entry[]): boolean {
  const newest = newestNumbers(kept);
  return arrived.every(({ service, line }) => {
    const before = newest.get(service) ?? 0;
    newest.set(service, Math.max(before, line.number));
    return line.number <= before + 1;
  });
}

/** The place before the first line, or after the last one. */
export function placeAt(edge: 'begin' | 'end', kept: readonly Entry[]): LogPlace | null {
  const from = edge === 'begin' ? kept : kept.toReversed();
  const first = from[0];
  if (!first) return null;
  const other = from.findIndex((each) => each.time !== first.time);
  return { at: new Date(first.time).toISOString(), same: other < 0 ? from.length : other };
}

/** Where the line is that a search has found; -1 where it is not among these. */
export function foundAt(kept: readonly Entry[], match: Match): number {
  const time = Date.parse(match.at);
  const last = kept.findLastIndex((each) => each.time === time);
  return last >= match.later && kept[last - match.later]?.time === time ? last - match.later : -1;
}

/**
 * Which of the matches, oldest first, is shown first: the last one down to the line with this key, or else the first.
 * Without a key it is the newest.
 */
export function firstShown(matches: readonly Match[], kept: readonly Entry[], key: number | null): number {
  const at = kept.findIndex((each) => each.key === key);
  const time = kept[at]?.time;
  if (time === undefined) return Math.max(0, matches.length - 1);
  const later = kept.findLastIndex((each) => each.time === time) - at;
  const isAbove = (match: Match): boolean => {
    const printed = Date.parse(match.at);
    return printed < time || (printed === time && match.later >= later);
  };
  return Math.max(0, matches.findLastIndex(isAbove));
}

/** How many lines that are held back will be seen beside those that are kept already: what contains the text. */
export function unseen(held: readonly Entry[], kept: readonly Entry[], text: string): number {
  const newest = newestNumbers(kept);
  return matching(held, text).filter(({ service, line }) => line.number > (newest.get(service) ?? 0)).length;
}

/** The lines that contain the text, whatever its case; all of them for an empty one. */
export function matching(lines: readonly Entry[], text: string): readonly Entry[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return lines;
  return lines.filter(({ line }) => line.text.toLowerCase().includes(wanted));
}
