import { describe, expect, it, vi } from 'vitest';
import type { LogBridge } from '../lib/bridge';
import type { LogEntry } from '../lib/generated/desktop/LogEntry';
import type { LogLine } from '../lib/generated/LogLine';
import { linesMax, readMax } from './log-buffer';
import { LogReader } from './log-reader.svelte';

const begin = Date.parse('2026-01-31T10:00:00Z');

/** A shell with one service, which has printed lines, one each millisecond. */
class Shell {
  printed: LogLine[] = [];
  refuses = false;
  push: (lines: LogLine[]) => void = () => undefined;

  print(count: number): void {
    const first = this.printed.length + 1;
    const lines = Array.from({ length: count }, (_, index): LogLine => {
      const number = first + index;
      const at = new Date(begin + number).toISOString();
      return { number, at, stream: 'stdout', text: `line ${number}`, unfinished: false };
    });
    this.printed.push(...lines);
    this.push(lines);
  }

  readonly bridge = {
    followLogs: async (_service, onLines) => {
      if (this.refuses) throw new Error('nothing runs');
      this.push = onLines;
      return () => undefined;
    },
    logPart: async (_services, before, after, count) => {
      const all: LogEntry[] = this.printed.map((line) => ({ service: 'ui', line }));
      if (before) return all.filter(({ line }) => line.at < before.at).slice(-count);
      if (after) return all.filter(({ line }) => line.at >= after.at).slice(after.same, after.same + count);
      return all.slice(-count);
    },
  } as LogBridge;
}

async function reading(shell: Shell): Promise<LogReader> {
  const reader = new LogReader(shell.bridge, ['ui'], (draw) => draw());
  reader.connect();
  while (reader.loading) await Promise.resolve();
  return reader;
}

const numbers = (reader: LogReader): number[] => reader.lines.map(({ line }) => line.number);
/** All from the first to the last, none missing and none twice. */
function expectLines(reader: LogReader, first: number, last: number): void {
  expect(numbers(reader)).toEqual(Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

describe('a reader', () => {
  it('follows the end, and keeps what can be followed', async () => {
    const shell = new Shell();
    shell.print(30);
    const reader = await reading(shell);
    shell.print(linesMax);
    expectLines(reader, 31, linesMax + 30);
  });

  it('stands still where somebody reads, however much is printed, and counts it', async () => {
    const shell = new Shell();
    shell.print(2000);
    const reader = await reading(shell);
    reader.pause();
    const before = reader.lines;
    for (let times = 0; times < 5; times += 1) shell.print(linesMax);
    expect(reader.lines).toBe(before);
    expect(reader.fresh).toBe(5 * linesMax);
    await reader.follow();
    expect(reader.fresh).toBe(0);
    expectLines(reader, 6001, 7000);
    shell.print(1);
    expectLines(reader, 6002, 7001);
  });

  it('goes back to the first line and on to the last, line by line, and stays bounded', async () => {
    const shell = new Shell();
    shell.print(8000);
    const reader = await reading(shell);
    reader.pause();
    while (!reader.whole) {
      await reader.earlier();
      expect(reader.lines.length).toBeLessThanOrEqual(readMax);
    }
    expectLines(reader, 1, readMax);
    expect(reader.cut).toBe(true);
    shell.print(1500);
    while (!reader.following) await reader.later(true);
    expectLines(reader, 9500 - readMax + 1, 9500);
    shell.print(1);
    expectLines(reader, 8502, 9501);
  });

  it('goes on where it stood when the end is scrolled to', async () => {
    const shell = new Shell();
    shell.print(100);
    const reader = await reading(shell);
    reader.pause();
    shell.print(10);
    await reader.later(true);
    expect(reader.following).toBe(true);
    expectLines(reader, 1, 110);
    reader.pause();
    shell.print(3000);
    await reader.later(true);
    expect([reader.following, reader.fresh]).toEqual([false, 2000]);
    expectLines(reader, 1, 1110);
  });

  it('goes back to what had to go while the end was followed', async () => {
    const shell = new Shell();
    shell.print(100);
    const reader = await reading(shell);
    expect(reader.whole).toBe(true);
    shell.print(linesMax);
    expectLines(reader, 101, linesMax + 100);
    reader.pause();
    await reader.earlier();
    expectLines(reader, 1, linesMax + 100);
    expect(reader.whole).toBe(true);
  });

  it('goes on below the last line where more came than can be seen at once, and passes none over', async () => {
    const shell = new Shell();
    shell.print(100);
    const reader = await reading(shell);
    reader.pause();
    shell.print(50);
    await reader.later(false);
    expect([reader.following, reader.fresh]).toEqual([false, 0]);
    expectLines(reader, 1, 150);
    shell.print(5);
    expect(reader.fresh).toBe(5);
    expectLines(reader, 1, 150);
    await reader.later(true);
    expect(reader.following).toBe(true);
    expectLines(reader, 1, 155);
  });

  it('shows what was found amid its neighbours', async () => {
    const shell = new Shell();
    shell.print(9000);
    const reader = await reading(shell);
    const at = new Date(begin + 3000).toISOString();
    const key = await reader.show({ at, later: 0 });
    expect(reader.lines.find((line) => line.key === key)?.line.text).toBe('line 3000');
    expectLines(reader, 2000, 3999);
    expect([reader.following, reader.cut, reader.whole]).toEqual([false, true, false]);
  });

  it('tells the end, and reads on', async () => {
    const shell = new Shell();
    shell.print(3000);
    const reader = await reading(shell);
    shell.push([]);
    expect(reader.ended).toBe(true);
    reader.pause();
    await reader.earlier();
    expectLines(reader, 1001, 3000);
  });

  it('goes on with another launch, which numbers its lines anew', async () => {
    vi.useFakeTimers();
    const shell = new Shell();
    shell.print(20);
    const reader = await reading(shell);
    shell.push([]);
    shell.refuses = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reader.ended).toBe(true);
    shell.refuses = false;
    shell.printed = [];
    shell.print(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reader.ended).toBe(false);
    shell.print(2);
    expectLines(reader, 1, 5);
    vi.useRealTimers();
  });
});
