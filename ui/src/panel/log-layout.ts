/** Where lines are drawn: each takes one row, or as many as it fills where it is wrapped. */

export interface Window {
  /** The first line to draw. */
  from: number;
  /** The line after the last one to draw. */
  to: number;
}

/** Which of `count` rows of one height can be seen, and a few on either side of them. */
export function visible(count: number, scrollTop: number, height: number, rowHeight: number): Window {
  const spare = 8;
  const first = Math.floor(scrollTop / rowHeight) - spare;
  const from = Math.max(0, Math.min(first, count - 1));
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { from, to: Math.max(from, to) };
}

/**
 * How many rows a text fills in a font of one width. What is wider than a letter is taken as twice as wide, so that
 * it is rather a row too many.
 */
export function rowsOf(text: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(text) / Math.max(1, columns)));
}

function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += letter === '\t' ? 8 : letter < '\u1100' ? 1 : 2;
  return width;
}

/** The row at which each line begins, and at the end the number of all rows. */
export function rowStarts(texts: readonly string[], columns: number | null): readonly number[] {
  const starts = [0];
  let row = 0;
  for (const text of texts) starts.push((row += columns === null ? 1 : rowsOf(text, columns)));
  return starts;
}

/** How far to scroll, of what `size` is seen of, to see a part of it: no farther than now where that is seen. */
export function reach(from: number, to: number, scrolled: number, size: number): number {
  return from >= scrolled && to <= scrolled + size ? scrolled : Math.max(0, from - size / 3);
}

/** The line to which a row belongs. */
export function lineAt(starts: readonly number[], row: number): number {
  let [low, high] = [0, Math.max(0, starts.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
