import { expect, it } from 'vitest';
import { edge, sparkline } from './sparkline';

const box = { width: 100, height: 10 };

it('begins at zero and ends at the edge of the scale', () => {
  expect(sparkline([5, 10], 2, box, 10)).toBe('M0 5L100 0');
  expect(sparkline([5, 10], 2, box, 20)).toBe('M0 7.5L100 5');
});

it('puts the newest value at the right edge when there are few', () => {
  expect(sparkline([4, 4], 5, box, 4)).toBe('M75 0L100 0');
});

it('leaves a gap where there was no answer', () => {
  expect(sparkline([2, 2, null, 2, 2], 5, box, 2)).toBe('M0 0L25 0M75 0L100 0');
});

it('draws a lone value as a dash, and nothing for nothing', () => {
  expect(sparkline([null, 3, null], 3, box, 3)).toBe('M25 0H50');
  expect(sparkline([], 60, box, 1)).toBe('');
  expect(sparkline([null, null], 60, box, 1)).toBe('');
});

it('has an edge that people can read', () => {
  expect([0, 1, 3, 310, 4200, 60_000].map(edge)).toEqual([1, 1, 5, 500, 5000, 100_000]);
});
