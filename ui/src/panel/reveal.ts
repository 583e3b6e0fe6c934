/** What somebody opens is seen, however near the end of the window its row is. */

/** As long as what was opened may still grow with what it reads. */
const readMs = 1000;

/** Brings it into view, as it grows too, until a hand goes on. */
export function reveal(opened: HTMLElement): void {
  const over = new AbortController();
  const list = opened.closest('main');
  const watch = new ResizeObserver(() => {
    const before = list?.scrollTop;
    opened.scrollIntoView({ block: 'nearest' });
    // The event comes a frame later; what keeps the list steady would put it back until then.
    if (list?.scrollTop !== before) list?.dispatchEvent(new Event('scroll'));
  });
  const end = (): void => {
    watch.disconnect();
    over.abort();
  };
  watch.observe(opened);
  for (const hand of ['pointerdown', 'wheel', 'keydown']) {
    addEventListener(hand, end, { capture: true, passive: true, signal: over.signal });
  }
  setTimeout(end, readMs);
}
