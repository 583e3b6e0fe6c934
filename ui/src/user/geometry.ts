/** Marks on a photo, in pixels of the upright photo: whole numbers, never outside of it. */
import type { Point } from '../lib/generated/skin/Point';
import type { Region } from '../lib/generated/skin/Region';

export interface Size {
  width: number;
  height: number;
}

/** The corners and edges that a region can be taken by. */
export type Handle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w';
export const handles: readonly Handle[] = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];

/** The rectangle between two points, whichever way it was drawn; whole pixels that it touches. */
export function regionBetween(one: Point, other: Point, photo: Size): Region {
  const left = Math.floor(clamp(Math.min(one.x, other.x), 0, photo.width - 1));
  const top = Math.floor(clamp(Math.min(one.y, other.y), 0, photo.height - 1));
  const right = Math.ceil(clamp(Math.max(one.x, other.x), left + 1, photo.width));
  const bottom = Math.ceil(clamp(Math.max(one.y, other.y), top + 1, photo.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The region moved, stopping at the photo's edges. */
export function moved(region: Region, dx: number, dy: number, photo: Size): Region {
  return {
    ...region,
    x: Math.round(clamp(region.x + dx, 0, photo.width - region.width)),
    y: Math.round(clamp(region.y + dy, 0, photo.height - region.height)),
  };
}

/** The region with another size, its upper left corner kept; at least a pixel. */
export function grown(region: Region, dx: number, dy: number, photo: Size): Region {
  return {
    ...region,
    width: Math.round(clamp(region.width + dx, 1, photo.width - region.x)),
    height: Math.round(clamp(region.height + dy, 1, photo.height - region.y)),
  };
}

/** The region with one handle taken to a point; it may be pulled over the opposite side. */
export function pulled(region: Region, handle: Handle, to: Point, photo: Size): Region {
  const right = region.x + region.width;
  const bottom = region.y + region.height;
  const one = { x: region.x, y: region.y };
  const other = { x: right, y: bottom };
  if (handle.includes('w')) one.x = to.x;
  if (handle.includes('e')) other.x = to.x;
  if (handle.includes('n')) one.y = to.y;
  if (handle.includes('s')) other.y = to.y;
  return regionBetween(one, other, photo);
}

/** The region as near to what was typed as the photo allows. */
export function fitted(region: Region, photo: Size): Region {
  const x = Math.round(clamp(region.x, 0, photo.width - 1));
  const y = Math.round(clamp(region.y, 0, photo.height - 1));
  return {
    x,
    y,
    width: Math.round(clamp(region.width, 1, photo.width - x)),
    height: Math.round(clamp(region.height, 1, photo.height - y)),
  };
}

export function contains(region: Region, point: Point): boolean {
  return (
    point.x >= region.x &&
    point.y >= region.y &&
    point.x < region.x + region.width &&
    point.y < region.y + region.height
  );
}

export function handleAt(region: Region, handle: Handle): Point {
  const part = (low: string, high: string): number =>
    handle.includes(low) ? 0 : handle.includes(high) ? 1 : 0.5;
  return { x: region.x + part('w', 'e') * region.width, y: region.y + part('n', 's') * region.height };
}

/** The handle within `reach` of a point: the nearest, corners before edges. */
export function handleNear(region: Region, point: Point, reach: number): Handle | null {
  const near = handles
    .map((handle) => ({ handle, far: distance(handleAt(region, handle), point) }))
    .filter(({ far }) => far <= reach)
    .sort((one, other) => one.far - other.far || one.handle.length - other.handle.length);
  return near[0]?.handle ?? null;
}

export function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

export function within(point: Point, photo: Size): Point {
  return { x: clamp(point.x, 0, photo.width), y: clamp(point.y, 0, photo.height) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
