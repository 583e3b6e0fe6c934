import { describe, expect, it } from 'vitest';
import type { LogLine } from '../lib/generated/LogLine';
import {
  contiguous,
  entry,
  firstShown,
  foundAt,
  joined,
  linesMax,
  matching,
  placeAt,
  unseen,
  type Entry,
} from './log-buffer';

const line = (number: number, text = `line ${number}`, more: Partial<LogLine> = {}): Entry =>
  entry(0, { number, at: '2026-01-31T10:00:00Z', stream: 'stdout', text, unfinished: false, ...more });
const at = (time: string, service = 0, number = 1): Entry =>
  entry(service, { ...line(number, `${service} ${time}`).line, at: `2026-01-31T10:00:0${time}Z` });
const texts = (lines: readonly Entry[]): string[] => lines.map(({ line }) => line.text);
const lines = (from: number, count: number): Entry[] =>
  Array.from({ length: count }, (_, at) => line(from + at));

describe('the kept lines', () => {
  it('grow at the end and drop at the beginning', () => {
    const kept = joined(lines(1, linesMax), lines(linesMax + 1, 5));
    expect(kept).toHaveLength(linesMax);
    expect(kept[0]?.line.number).toBe(6);
    expect(kept.at(-1)?.line.number).toBe(linesMax + 5);
  });

  it('hold no line twice when a heap overlaps what was read before', () => {
    expect(joined(lines(1, 5), lines(3, 5)).map(({ line }) => line.number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('change where a line that has not ended comes again', () => {
    const bar = (text: string): Entry => line(2, text, { unfinished: true });
    const kept = joined([line(1)], [bar('10%'), bar('20%'), line(3)]);
    expect(texts(kept)).toEqual(['line 1', '20%', 'line 3']);
    const ended = joined(kept, [line(2, '100%')]);
    expect(texts(ended)).toEqual(['line 1', '100%', 'line 3']);
    expect(joined(ended, [line(2, 'late')])).toBe(ended);
  });

  it('are the same object when nothing is new, so that nothing is drawn', () => {
    const kept = lines(1, 5);
    expect(joined(kept, lines(1, 5))).toBe(kept);
  });

  it('stay bounded under a flood', () => {
    const kept = joined(lines(1, 10), lines(11, 100_000));
    expect(kept).toHaveLength(linesMax);
    expect(kept.at(-1)?.line.number).toBe(100_010);
  });
});

describe('several services', () => {
  it('are in the order of time, each with numbers of its own', () => {
    const kept = joined([at('1', 0, 1), at('3', 0, 2)], [at('2', 1, 1), at('3', 1, 2), at('4', 0, 3)]);
    expect(texts(kept)).toEqual(['0 1', '1 2', '0 3', '1 3', '0 4']);
  });

  it('miss a line where the number of one leaps', () => {
    const kept = [at('1', 0, 1), at('1', 1, 7)];
    expect(contiguous(kept, [at('2', 0, 2), at('2', 1, 8), at('2', 0, 3)])).toBe(true);
    expect(contiguous(kept, [at('2', 0, 2), at('2', 1, 9)])).toBe(false);
  });
});

describe('lines that are held back', () => {
  const kept = [line(1, 'GET /'), line(2, 'POST', { unfinished: true })];
  const held = [line(2, 'POST /new'), line(3, 'GET /new'), line(4, 'POST /newer'), line(5, 'PUT /')];

  it('are counted where they will be seen', () => {
    expect(unseen(held, kept, '')).toBe(3);
    expect(unseen(held, kept, ' post')).toBe(1);
    expect(unseen(held, kept, 'patch')).toBe(0);
  });
});

describe('places', () => {
  const kept = [at('1.5', 0), at('1.500400Z'.slice(0, -1), 0), at('2'), at('3.001'), at('3.001999')];

  it('are a time in milliseconds and a count of the lines that have it', () => {
    expect(placeAt('begin', kept)).toEqual({ at: '2026-01-31T10:00:01.500Z', same: 2 });
    expect(placeAt('end', kept)).toEqual({ at: '2026-01-31T10:00:03.001Z', same: 2 });
    expect(placeAt('end', [])).toBeNull();
    expect(placeAt('end', [at('1')])?.same).toBe(1);
  });

  it('lead to what was found', () => {
    expect(foundAt(kept, { at: '2026-01-31T10:00:03.001Z', later: 1 })).toBe(3);
    expect(foundAt(kept, { at: '2026-01-31T10:00:02Z', later: 1 })).toBe(-1);
    expect(foundAt(kept, { at: '2026-01-31T10:00:04Z', later: 0 })).toBe(-1);
  });

  it('is shown first that is nearest above the end of what is in view', () => {
    const kept = [at('1'), at('2'), at('2', 1), at('2', 2), at('4'), at('5')];
    const second = (second: number, later: number) => ({ at: `2026-01-31T10:00:0${second}Z`, later });
    const matches = [second(2, 2), second(2, 1), second(4, 0)];
    const shown = kept.map(({ key }) => firstShown(matches, kept, key));
    expect(shown).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('is shown first that is the newest where the newest lines are followed', () => {
    expect(
      firstShown(
        [1, 2].map((later) => ({ at: '2026-01-31T10:00:01Z', later })),
        [at('1')],
        null,
      ),
    ).toBe(1);
    expect(firstShown([], [], null)).toBe(0);
  });
});

describe('the filter', () => {
  it('finds a text whatever its case', () => {
    expect(matching([line(1, 'GET /health'), line(2, 'POST /v1')], ' get ')).toHaveLength(1);
  });

  it('lets everything through when it is empty', () => {
    const all = lines(1, 3);
    expect(matching(all, ' ')).toBe(all);
  });
});
