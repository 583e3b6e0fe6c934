import { describe, expect, it } from 'vitest';
import { menuPlace } from './menu-place';

const window = { width: 240, height: 213 };
const at = (top: number, right = 100): { top: number; right: number; bottom: number } => ({
  top,
  right,
  bottom: top + 24,
});

describe('a menu', () => {
  it('lies below its button, its right edge at that of the button', () => {
    expect(menuPlace(at(6, 200), { width: 160, height: 90 }, window)).toEqual({
      left: 40,
      top: 32,
      height: 90,
    });
  });

  it('lies above a button at the lower edge', () => {
    expect(menuPlace(at(185), { width: 80, height: 150 }, window)).toEqual({
      left: 20,
      top: 33,
      height: 150,
    });
  });

  it('is as high as there is room where it has too many entries', () => {
    expect(menuPlace(at(6), { width: 80, height: 350 }, window)).toEqual({ left: 20, top: 32, height: 177 });
    expect(menuPlace(at(185), { width: 80, height: 350 }, window)).toEqual({ left: 20, top: 4, height: 179 });
  });

  it('is seen whole where its button is scrolled out of sight', () => {
    expect(menuPlace(at(400), { width: 80, height: 150 }, window)).toEqual({
      left: 20,
      top: 59,
      height: 150,
    });
    expect(menuPlace(at(-90), { width: 80, height: 350 }, window)).toEqual({ left: 20, top: 4, height: 205 });
  });

  it('stays within the sides of the window', () => {
    expect(menuPlace(at(6, 50), { width: 232, height: 90 }, window).left).toBe(4);
    expect(menuPlace(at(6, 240), { width: 80, height: 90 }, window).left).toBe(156);
  });
});
