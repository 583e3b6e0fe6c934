import { describe, expect, it } from 'vitest';
import type { LogLine } from '../lib/generated/LogLine';
import { joined, linesMax, matching, visible } from './log-buffer';

const line = (number: number, text = `line ${number}`): LogLine => ({
  number,
  at: '2026-01-31T10:00:00Z',
  stream: 'stdout',
  text,
  unfinished: false,
});
const lines = (from: number, count: number): LogLine[] =>
  Array.from({ length: count }, (_, at) => line(from + at));

describe('the kept lines', () => {
  it('grow at the end and drop at the beginning', () => {
    const kept = joined(lines(1, linesMax), lines(linesMax + 1, 5));
    expect(kept).toHaveLength(linesMax);
    expect(kept[0]?.number).toBe(6);
    expect(kept.at(-1)?.number).toBe(linesMax + 5);
  });

  it('hold no line twice when a heap overlaps what was read before', () => {
    expect(joined(lines(1, 5), lines(3, 5)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('change where a line that has not ended comes again', () => {
    const bar = { ...line(2, '10%'), unfinished: true };
    const kept = joined([line(1)], [bar, { ...bar, text: '20%' }, line(3)]);
    expect(kept.map(({ text }) => text)).toEqual(['line 1', '20%', 'line 3']);
    const ended = joined(kept, [line(2, '100%')]);
    expect(ended.map(({ text }) => text)).toEqual(['line 1', '100%', 'line 3']);
    expect(joined(ended, [line(2, 'late')])).toBe(ended);
  });

  it('are the same object when nothing is new, so that nothing is drawn', () => {
    const kept = lines(1, 5);
    expect(joined(kept, lines(1, 5))).toBe(kept);
  });

  it('stay bounded under a flood', () => {
    const kept = joined(lines(1, 10), lines(11, 100_000));
    expect(kept).toHaveLength(linesMax);
    expect(kept.at(-1)?.number).toBe(100_010);
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

describe('the window', () => {
  it('is a small part of many lines', () => {
    const { from, to } = visible(1000, 9000, 216, 18);
    expect(from).toBe(492);
    expect(to).toBe(520);
  });

  it('stays within the lines there are', () => {
    expect(visible(0, 0, 216, 18)).toEqual({ from: 0, to: 0 });
    expect(visible(3, 0, 216, 18)).toEqual({ from: 0, to: 3 });
    const { from, to } = visible(20, 5000, 216, 18);
    expect(to).toBe(20);
    expect(from).toBeLessThanOrEqual(20);
  });
});
