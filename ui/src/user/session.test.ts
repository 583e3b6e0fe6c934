import { afterEach, expect, it, vi } from 'vitest';
import { photoBytesMax } from '../lib/generated/skin/limits';
import type { MeasureApi } from './api';
import { Session } from './session.svelte';

const picture = (width: number, height: number): object => ({ width, height, close: () => undefined });
const file = (size: number): Blob => ({ size }) as Blob;
const session = (): Session => new Session({} as MeasureApi);

afterEach(() => void vi.unstubAllGlobals());

it('opens a photo of exactly as many bytes as are taken', async () => {
  vi.stubGlobal('createImageBitmap', async () => picture(8000, 8000));
  const visit = session();
  await visit.openPhoto(file(photoBytesMax));
  expect(visit.problem).toBeNull();
  expect(visit.photo?.width).toBe(8000);
});

it('says that a file is too large before anything is read or sent', async () => {
  const read = vi.fn();
  vi.stubGlobal('createImageBitmap', read);
  const visit = session();
  await visit.openPhoto(file(photoBytesMax + 1));
  expect(visit.problem).toBe('too_large');
  expect(visit.photo).toBeNull();
  expect(read).not.toHaveBeenCalled();
});

it('says that a photo has too many pixels, and keeps the one before', async () => {
  vi.stubGlobal('createImageBitmap', async () => picture(80, 80));
  const visit = session();
  await visit.openPhoto(file(100));
  vi.stubGlobal('createImageBitmap', async () => picture(8000, 8001));
  await visit.openPhoto(file(100));
  expect(visit.problem).toBe('too_many_pixels');
  expect(visit.photo?.width).toBe(80);
  expect(visit.busy).toBeNull();
});
