import { expect, it } from 'vitest';
import { lengthOf, noMarks, selectionOf, usualGrey } from './marks';

const region = { x: 1, y: 2, width: 30, height: 40 };

it('nothing is sent without a region that can be measured', () => {
  expect(selectionOf(noMarks)).toBeNull();
  expect(selectionOf({ ...noMarks, region: { ...region, width: 7 } })).toBeNull();
});

it('a region alone is enough', () => {
  expect(selectionOf({ ...noMarks, region })).toEqual({ region, surround: null, card: null, scale: null });
});

it('cards are sent with what is known of them', () => {
  const line = { from: { x: 0, y: 0 }, to: { x: 30, y: 40 } };
  const selection = selectionOf({ ...noMarks, region, card: region, scale: line, edge: 'short' });
  expect(selection?.card).toEqual({ region, reference: usualGrey });
  expect(selection?.scale).toEqual({ ...line, edge: 'short' });
  expect(lengthOf(line)).toBe(50);
});
