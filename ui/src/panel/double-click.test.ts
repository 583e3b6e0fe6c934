import { describe, expect, it } from 'vitest';
import { goesOn } from './double-click';

const click = (at: number, x = 100, y = 100) => ({ at, x, y, on: null });

describe('a series of clicks', () => {
  it('goes on as fast as a double click, in one place', () => {
    expect(goesOn(null, click(0))).toBe(false);
    expect(goesOn(click(0), click(300))).toBe(true);
    expect(goesOn(click(0), click(300, 103, 98))).toBe(true);
  });

  it('ends with a pause, or with a move to something else', () => {
    expect(goesOn(click(0), click(501))).toBe(false);
    expect(goesOn(click(0), click(200, 130))).toBe(false);
  });
});
