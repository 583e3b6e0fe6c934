/** The path of a sparkline: thin, with a gap where a probe had no answer. */

export interface Box {
  width: number;
  height: number;
}

/**
 * An SVG path through the values, the newest at the right edge. The scale begins at zero and ends at `largest`;
 * a lone value is a short dash.
 */
export function sparkline(
  values: readonly (number | null)[],
  slots: number,
  box: Box,
  largest: number,
): string {
  const step = box.width / Math.max(1, slots - 1);
  const first = slots - values.length;
  const x = (at: number): number => round((first + at) * step);
  const y = (value: number): number => round(box.height - (value / largest) * box.height);

  let path = '';
  values.forEach((value, at) => {
    if (value === null) return;
    const begins = at === 0 || values[at - 1] === null;
    const ends = at === values.length - 1 || values[at + 1] === null;
    if (begins && ends) path += `M${round(x(at) - step / 2)} ${y(value)}H${x(at)}`;
    else path += `${begins ? 'M' : 'L'}${x(at)} ${y(value)}`;
  });
  return path;
}

/** The next of 1, 2, 5, 10, 20, … that is no smaller: an edge of a scale that people can read. */
export function edge(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((times) => times * step).find((candidate) => candidate >= value) ?? value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
