/**
 * A double click is meant for what its first click hit. Where that has gone or changed with the first one,
 * the second would hit what lies there instead; it is dropped.
 */

/** No desktop takes two clicks for a double one that are further apart. */
const withinMs = 500;
const withinPx = 6;

interface Click {
  at: number;
  x: number;
  y: number;
  on: Element | null;
}

/** Whether a click goes on with the series that the one before belongs to. */
export function goesOn(before: Click | null, now: Click): boolean {
  if (before === null || now.at - before.at > withinMs) return false;
  return Math.hypot(now.x - before.x, now.y - before.y) <= withinPx;
}

/** Watches over all clicks in a document, until what it returns is called. */
export function guardDoubleClicks(page: Document): () => void {
  let last: Click | null = null;
  const guard = (event: MouseEvent): void => {
    // A key has no place, and what it presses is what has the focus.
    if (event.detail === 0 || !(event.target instanceof Element)) return;
    const on = event.target.closest('button, input, select, textarea, label, a');
    const now = { at: event.timeStamp, x: event.clientX, y: event.clientY, on };
    if (last !== null && goesOn(last, now)) {
      if (on !== last.on) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      now.on = last.on;
    }
    last = now;
  };
  page.addEventListener('click', guard, true);
  return () => page.removeEventListener('click', guard, true);
}
