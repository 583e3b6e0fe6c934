/** What the page asks of its own server, which asks the backend. */
import type { Measurement } from '../lib/generated/skin/Measurement';
import type { MeasurementPage } from '../lib/generated/skin/MeasurementPage';
import type { Selection } from '../lib/generated/skin/Selection';
import { answered } from '../lib/http';

export interface MeasureApi {
  measure(photo: Blob, selection: Selection, note: string): Promise<Measurement>;
  /** Measurements newest first, those older than `before`. */
  list(before: number | null): Promise<MeasurementPage>;
  remove(id: number): Promise<void>;
  /** The address of the small picture that is kept of a photo. */
  thumbnail(id: number): string;
}

const pageSize = 12;

export const server: MeasureApi = {
  async measure(photo, selection, note) {
    const body = new FormData();
    body.set('photo', photo);
    body.set('selection', JSON.stringify(selection));
    if (note.trim() !== '') body.set('note', note.trim());
    const response = await answered('v1/measurements', { method: 'POST', body });
    return (await response.json()) as Measurement;
  },
  async list(before) {
    const query = before === null ? `limit=${pageSize}` : `limit=${pageSize}&before=${before}`;
    const response = await answered(`v1/measurements?${query}`);
    return (await response.json()) as MeasurementPage;
  },
  async remove(id) {
    await answered(`v1/measurements/${id}`, { method: 'DELETE' });
  },
  thumbnail: (id) => `v1/measurements/${id}/thumbnail`,
};
