/** Times of lines, and what of a line a search has found. */

/** The time of day as it is here, to the millisecond. */
export function timeOf(time: number): string {
  const at = new Date(time);
  const part = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(seconds, 2)}.${part(at.getMilliseconds(), 3)}`;
}

/** What marks in the page what the shell has looked for; nothing where the page reads the expression differently. */
export function patternOf(text: string, regular: boolean): RegExp | null {
  if (text === '') return null;
  try {
    return new RegExp(`(${regular ? text : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`, 'gi');
  } catch {
    return null;
  }
}

/** A text in pieces, of which every second one matches. */
export function segments(text: string, pattern: RegExp | null): string[] {
  if (!pattern) return [text];
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') continue;
    pieces.push(text.slice(end, match.index), match[0]);
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
}
