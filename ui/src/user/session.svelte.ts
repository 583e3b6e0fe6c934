/** One visit to the page: the photo, what is marked on it, the result, and what was measured before. */
import type { Measurement } from '../lib/generated/skin/Measurement';
import { photoBytesMax, photoPixelsMax } from '../lib/generated/skin/limits';
import { RequestFailed } from '../lib/http';
import type { PhotoProblem } from '../lib/text/en.user';
import type { MeasureApi } from './api';
import type { Size } from './geometry';
import { type MarkKind, type Marks, noMarks, selectionOf } from './marks';

export interface OpenPhoto extends Size {
  file: Blob;
  picture: ImageBitmap;
}

/** How long to wait before the backend is asked again. */
const retryMs = 2000;

export class Session {
  photo: OpenPhoto | null = $state.raw(null);
  marks: Marks = $state.raw(noMarks);
  active: MarkKind = $state('region');
  note = $state('');
  result: Measurement | null = $state.raw(null);
  /** Whether the result belongs to the marks as they are. */
  resultIsOfPhoto = $state(false);
  history: Measurement[] = $state.raw([]);
  more: number | null = $state(null);
  listed = $state(false);
  busy: 'reading' | 'measuring' | null = $state(null);
  /** Why the last thing did not work. */
  problem: RequestFailed | PhotoProblem | null = $state.raw(null);
  down = $state(false);
  readonly selection = $derived(selectionOf(this.marks));
  readonly api: MeasureApi;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(api: MeasureApi) {
    this.api = api;
  }

  async openPhoto(file: Blob): Promise<void> {
    if (file.size > photoBytesMax) {
      this.problem = 'too_large';
      return;
    }
    this.busy = 'reading';
    this.problem = null;
    try {
      const picture = await createImageBitmap(file);
      if (picture.width * picture.height > photoPixelsMax) {
        picture.close();
        this.problem = 'too_many_pixels';
        return;
      }
      this.photo?.picture.close();
      this.photo = { file, picture, width: picture.width, height: picture.height };
      this.marks = { ...noMarks, reference: this.marks.reference, edge: this.marks.edge };
      this.active = 'region';
      this.result = null;
      this.note = '';
    } catch {
      this.problem = 'unreadable';
    } finally {
      this.busy = null;
    }
  }

  mark(change: Partial<Marks>): void {
    this.marks = { ...this.marks, ...change };
    this.resultIsOfPhoto = false;
  }

  async measure(): Promise<void> {
    if (this.photo === null || this.selection === null || this.busy !== null) return;
    this.busy = 'measuring';
    this.problem = null;
    try {
      this.result = await this.api.measure(this.photo.file, this.selection, this.note);
      this.resultIsOfPhoto = true;
      this.history = [this.result, ...this.history];
    } catch (thrown) {
      this.failed(thrown);
    } finally {
      this.busy = null;
    }
  }

  /** Reads the newest measurements; while the backend is down, again and again. */
  async list(): Promise<void> {
    try {
      const page = await this.api.list(null);
      this.history = page.measurements;
      this.more = page.next_before;
      this.listed = true;
      this.down = false;
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  async listMore(): Promise<void> {
    if (this.more === null) return;
    try {
      const page = await this.api.list(this.more);
      this.history = [...this.history, ...page.measurements];
      this.more = page.next_before;
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  show(measurement: Measurement): void {
    this.result = measurement;
    this.resultIsOfPhoto = false;
    this.problem = null;
  }

  async remove(id: number): Promise<void> {
    try {
      await this.api.remove(id);
    } catch (thrown) {
      // Gone is gone, whoever deleted it.
      if (!(thrown instanceof RequestFailed && thrown.code === 'not_found')) return this.failed(thrown);
    }
    this.history = this.history.filter((measurement) => measurement.id !== id);
    if (this.result?.id === id) this.result = null;
  }

  close(): void {
    clearTimeout(this.retry);
    this.photo?.picture.close();
  }

  private failed(thrown: unknown): void {
    if (!(thrown instanceof RequestFailed)) throw thrown;
    if (!thrown.passing) {
      this.problem = thrown;
      return;
    }
    this.down = true;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.list(), retryMs);
  }
}
