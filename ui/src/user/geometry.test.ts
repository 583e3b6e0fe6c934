import { describe, expect, it } from 'vitest';
import { contains, fitted, grown, handleNear, moved, pulled, regionBetween, within } from './geometry';

const photo = { width: 720, height: 480 };
const region = { x: 100, y: 100, width: 50, height: 40 };

describe('a region that is drawn', () => {
  it('is the same whichever way it was drawn', () => {
    const wanted = { x: 10, y: 20, width: 30, height: 40 };
    const [a, b, c, d] = [
      { x: 10, y: 20 },
      { x: 40, y: 60 },
      { x: 40, y: 20 },
      { x: 10, y: 60 },
    ] as const;
    for (const [one, other] of [
      [a, b],
      [b, a],
      [c, d],
      [d, c],
    ] as const) {
      expect(regionBetween(one, other, photo)).toEqual(wanted);
    }
  });

  it('has whole pixels, and all that it touches', () => {
    expect(regionBetween({ x: 10.7, y: 20.2 }, { x: 40.1, y: 59.5 }, photo)).toEqual({
      x: 10,
      y: 20,
      width: 31,
      height: 40,
    });
  });

  it('never leaves the photo, and is never empty', () => {
    expect(regionBetween({ x: -50, y: -50 }, { x: 9000, y: 9000 }, photo)).toEqual({ x: 0, y: 0, ...photo });
    expect(regionBetween({ x: 720, y: 480 }, { x: 720, y: 480 }, photo)).toEqual({
      x: 719,
      y: 479,
      width: 1,
      height: 1,
    });
  });
});

it('a region that is moved stops at the edges', () => {
  expect(moved(region, -500, 5, photo)).toEqual({ ...region, x: 0, y: 105 });
  expect(moved(region, 5000, 5000, photo)).toEqual({ ...region, x: 670, y: 440 });
});

it('a region that grows keeps its corner and stays in the photo', () => {
  expect(grown(region, 5000, -5000, photo)).toEqual({ ...region, width: 620, height: 1 });
});

it('a handle may be pulled over the opposite side', () => {
  expect(pulled(region, 'w', { x: 200, y: 0 }, photo)).toEqual({ x: 150, y: 100, width: 50, height: 40 });
  expect(pulled(region, 'se', { x: 160, y: 150 }, photo)).toEqual({ ...region, width: 60, height: 50 });
});

it('typed numbers are brought into the photo', () => {
  expect(fitted({ x: 900, y: -3, width: 900, height: 0 }, photo)).toEqual({
    x: 719,
    y: 0,
    width: 1,
    height: 1,
  });
});

it('finds the nearest handle within reach', () => {
  expect(handleNear(region, { x: 101, y: 99 }, 8)).toBe('nw');
  expect(handleNear(region, { x: 125, y: 142 }, 8)).toBe('s');
  expect(handleNear(region, { x: 125, y: 120 }, 8)).toBeNull();
});

it('knows what lies inside', () => {
  expect(contains(region, { x: 100, y: 100 })).toBe(true);
  expect(contains(region, { x: 150, y: 100 })).toBe(false);
  expect(within({ x: -4, y: 900 }, photo)).toEqual({ x: 0, y: 480 });
});
