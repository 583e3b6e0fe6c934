import { expect, it } from 'vitest';
import { sparkline } from './sparkline';

const box = { width: 100, height: 10 };

it('begins at zero and reaches the top with the largest value', () => {
  expect(sparkline([5, 10], 2, box)).toBe('M0 5L100 0');
});

it('puts the newest value at the right edge when there are few', () => {
  expect(sparkline([4, 4], 5, box)).toBe('M75 0L100 0');
});

it('leaves a gap where there was no answer', () => {
  expect(sparkline([2, 2, null, 2, 2], 5, box)).toBe('M0 0L25 0M75 0L100 0');
});

it('draws a lone value as a dash, and nothing for nothing', () => {
  expect(sparkline([null, 3, null], 3, box)).toBe('M25 0H50');
  expect(sparkline([], 60, box)).toBe('');
  expect(sparkline([null, null], 60, box)).toBe('');
});
