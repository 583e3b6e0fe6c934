import { describe, expect, it } from 'vitest';
import { bytes, duration, latency, moment, number, secondsSince, sentence, signed } from './format';

const units = { day: 'd', hour: 'h', minute: 'min', second: 's' };

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [-3, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3600, '1 h 00 min'],
    [7509, '2 h 05 min'],
    [86_400, '1 d 0 h'],
    [1_000_000, '11 d 13 h'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(duration(seconds, units)).toBe(text);
  });

  it('is counted from a timestamp, and never negative', () => {
    const now = Date.parse('2026-01-31T10:00:10Z');
    expect(secondsSince('2026-01-31T10:00:00Z', now)).toBe(10);
    expect(secondsSince('2026-01-31T10:00:20Z', now)).toBe(0);
    expect(secondsSince(null, now)).toBeNull();
    expect(secondsSince('yesterday', now)).toBeNull();
  });
});

describe('a latency', () => {
  it.each([
    [0, '0.00 ms'],
    [310, '0.31 ms'],
    [4_230, '4.2 ms'],
    [120_400, '120 ms'],
    [2_500_000, '2.5 s'],
  ])('of %d µs reads %s', (us, text) => {
    expect(latency(us, 'en')).toBe(text);
  });

  it('has a comma in German', () => {
    expect(latency(310, 'de-DE')).toBe('0,31 ms');
  });
});

it.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1434, '1.4 KiB'],
  [20 * 1024 * 1024, '20 MiB'],
  [5 * 1024 ** 5, '5,120 TiB'],
])('%d bytes read %s', (count, text) => {
  expect(bytes(count, 'en')).toBe(text);
});

describe('a number', () => {
  it('has a true minus sign, and no minus zero', () => {
    expect(number(-4.786, 2, 'en')).toBe('−4.79');
    expect(number(-0.001, 2, 'en')).toBe('0.00');
  });

  it('shows its sign where it is a difference, unless it rounds to zero', () => {
    expect(signed(6.0204, 2, 'en')).toBe('+6.02');
    expect(signed(-1, 1, 'en')).toBe('−1.0');
    expect(signed(0.001, 2, 'en')).toBe('0.00');
  });
});

it('a moment of today is a time, an earlier one has its day', () => {
  const now = new Date(2026, 0, 31, 12).getTime();
  expect(moment(new Date(2026, 0, 31, 9, 5).toISOString(), now, 'de')).toBe('09:05');
  expect(moment(new Date(2026, 0, 30, 9, 5).toISOString(), now, 'de')).toContain('30.01.2026');
  expect(moment('never', now, 'de')).toBe('');
});

it('a fragment becomes a sentence, and a sentence stays one', () => {
  expect(sentence('the region is not sharp')).toBe('The region is not sharp.');
  expect(sentence('Is it?')).toBe('Is it?');
  expect(sentence('')).toBe('');
});
