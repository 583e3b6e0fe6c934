/** The path of a sparkline: thin, without axes, with a gap where a probe had no answer. */

export interface Box {
  width: number;
  height: number;
}

/**
 * An SVG path through the values, the newest at the right edge. The scale begins at zero and ends
 * at the largest value, so that a flat line is a steady service; a lone value is a short dash.
 */
export function sparkline(values: readonly (number | null)[], slots: number, box: Box): string {
  const largest = Math.max(1, ...values.map((value) => value ?? 0));
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

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
