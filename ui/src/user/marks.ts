/** What can be marked on a photo, and what is sent of it. */
import type { CardEdge } from '../lib/generated/skin/CardEdge';
import { regionSideMin } from '../lib/generated/skin/limits';
import type { Point } from '../lib/generated/skin/Point';
import type { Region } from '../lib/generated/skin/Region';
import type { Selection } from '../lib/generated/skin/Selection';
import { distance } from './geometry';

export type MarkKind = 'region' | 'surround' | 'card' | 'scale';
export const markKinds: readonly MarkKind[] = ['region', 'surround', 'card', 'scale'];

export interface Line {
  from: Point;
  to: Point;
}

export interface Marks {
  region: Region | null;
  surround: Region | null;
  card: Region | null;
  scale: Line | null;
  edge: CardEdge;
  /** The card's true colour, `#rrggbb`. */
  reference: string;
}

/** The grey of the usual card, "neutral 5". */
export const usualGrey = '#7a7a79';

export const noMarks: Marks = {
  region: null,
  surround: null,
  card: null,
  scale: null,
  edge: 'long',
  reference: usualGrey,
};

/** What is sent; `null` as long as no region is marked that can be measured. */
export function selectionOf(marks: Marks): Selection | null {
  const { region, surround, card, scale } = marks;
  if (region === null || !measurable(region)) return null;
  return {
    region,
    surround,
    card: card === null ? null : { region: card, reference: marks.reference },
    scale: scale === null ? null : { from: scale.from, to: scale.to, edge: marks.edge },
  };
}

export function measurable(region: Region): boolean {
  return region.width >= regionSideMin && region.height >= regionSideMin;
}

/** The length of a line in whole pixels. */
export function lengthOf(line: Line): number {
  return Math.round(distance(line.from, line.to));
}
