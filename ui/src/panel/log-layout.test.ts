import { describe, expect, it } from 'vitest';
import { lineAt, reach, rowsOf, rowStarts, visible } from './log-layout';
import { patternOf, segments, timeOf } from './log-text';

describe('what is found', () => {
  it('stays where it is seen whole', () => {
    expect(reach(100, 160, 100, 300)).toBe(100);
    expect(reach(340, 400, 100, 300)).toBe(100);
  });

  it('is brought into view with what comes before it', () => {
    expect(reach(401, 460, 100, 300)).toBe(301);
    expect(reach(60, 120, 100, 300)).toBe(0);
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

describe('wrapped lines', () => {
  it('take the rows that they fill, and rather one more than one too few', () => {
    expect(rowsOf('', 10)).toBe(1);
    expect(rowsOf('0123456789', 10)).toBe(1);
    expect(rowsOf('0123456789a', 10)).toBe(2);
    expect(rowsOf('漢字漢字漢字', 10)).toBe(2);
    expect(rowsOf('ü'.repeat(10), 10)).toBe(1);
    expect(rowsOf('text', 0)).toBe(4);
  });

  it('are found by their rows', () => {
    const starts = rowStarts(['a', 'b'.repeat(25), 'c'], 10);
    expect(starts).toEqual([0, 1, 4, 5]);
    expect([0, 1, 2, 3, 4, 9].map((row) => lineAt(starts, row))).toEqual([0, 1, 1, 1, 2, 2]);
    expect(rowStarts(['a', 'b'.repeat(25)], null)).toEqual([0, 1, 2]);
    expect(lineAt([0], 3)).toBe(0);
  });
});

describe('what was found', () => {
  it('is every second piece', () => {
    expect(segments('a GET b get', patternOf('get', false))).toEqual(['a ', 'GET', ' b ', 'get', '']);
    expect(segments('a.b', patternOf('.', false))).toEqual(['a', '.', 'b']);
    expect(segments('a1b22', patternOf('\\d+', true))).toEqual(['a', '1', 'b', '22', '']);
    expect(segments('text', patternOf('x*', true))).toEqual(['te', 'x', 't']);
  });

  it('is not marked where the page cannot read the expression', () => {
    expect(patternOf('(?i)a(', true)).toBeNull();
    expect(segments('text', null)).toEqual(['text']);
  });
});

it('times have milliseconds', () => {
  expect(timeOf(new Date(2026, 0, 31, 9, 5, 7, 42).getTime())).toBe('09:05:07.042');
});
