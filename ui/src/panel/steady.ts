/**
 * Nothing moves under the pointer.
 *
 * Services change when they like: a conflict opens its row, a headline takes a second line, a log is closed. What
 * is below would move, and a click on its way to one thing would hit another. So the list is scrolled along
 * with whatever moves what the pointer is on, and where it cannot be scrolled so far, it is lengthened; once the
 * pointer has left the list, it falls back into place. After a click it is the line of its row that stays: what
 * the click brings about is seen below that.
 */

import { keepHeights } from './held';
import { onPointerLeft, pointerAt, type Point } from './pointer';

/** What is moved as a whole, and what of it a pointer is on. */
const controls = 'button, input, select, textarea, a, [tabindex]';
const rows = 'li';
/** A hand that rests moves a little. */
const jitterPx = 4;

/** Keeps what is under the pointer in `scroller`, whose one child is as long as its content. */
export function steady(scroller: HTMLElement): () => void {
  let anchor: Element | null = null;
  /** Where the pointer was when it clicked, as long as it is there. */
  let clickedAt: Point | null = null;
  let top = 0;
  let above = 0;
  let below = 0;

  const content = (): HTMLElement | null => scroller.firstElementChild as HTMLElement | null;

  const keep = (element: Element | null): void => {
    anchor = element;
    top = anchor?.getBoundingClientRect().top ?? 0;
  };

  const pick = (): void => {
    const pointer = pointerAt();
    // A webview tells of moves also where it is the page that moves.
    if (clickedAt && pointer && Math.hypot(pointer.x - clickedAt.x, pointer.y - clickedAt.y) < jitterPx) {
      if (anchor?.isConnected) return keep(anchor);
    }
    clickedAt = null;
    const under = pointer && document.elementFromPoint(pointer.x, pointer.y);
    if (!under || !scroller.contains(under) || under === scroller) return keep(null);
    const whole = under.closest(controls) ?? under.closest(rows) ?? under;
    const wanted = scroller.contains(whole) ? whole : under;
    // An edge that is dragged is meant to move.
    keep(wanted.matches('[role=separator]') ? null : wanted);
  };

  const clicked = ({ detail, target }: MouseEvent): void => {
    const line =
      target instanceof Element ? target.closest(rows)?.querySelector(':scope > [data-line]') : null;
    if (detail === 0 || !line) return;
    clickedAt = pointerAt();
    keep(line);
  };

  const lengthen = (more: { above: number; below: number }): void => {
    ({ above, below } = more);
    const element = content();
    if (!element) return;
    element.style.paddingTop = above === 0 ? '' : `${above}px`;
    element.style.paddingBottom = below === 0 ? '' : `${below}px`;
  };

  const settle = (): void => {
    keepHeights();
    if (!anchor) return;
    if (!anchor.isConnected) return pick();
    const moved = anchor.getBoundingClientRect().top - top;
    if (Math.abs(moved) < 0.5) return;
    const wanted = scroller.scrollTop + moved;
    // Negative where the content is shorter than its box.
    const room = (content()?.offsetHeight ?? 0) - scroller.clientHeight;
    if (wanted < 0) lengthen({ above: above - wanted, below });
    else if (wanted > room) lengthen({ above, below: below + wanted - room });
    scroller.scrollTop = Math.max(0, wanted);
  };

  /** It comes before any other event that a move of the pointer makes, so before what such a one changes. */
  const left = (event: PointerEvent): void => {
    const to = event.relatedTarget;
    if (to instanceof Node && scroller.contains(to)) pick();
    else release();
  };
  const release = (): void => {
    anchor = null;
    if (above !== 0 || below !== 0) lengthen({ above: 0, below: 0 });
  };

  const observer = new MutationObserver(settle);
  observer.observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['class', 'aria-expanded', 'data-state', 'hidden'],
  });
  scroller.addEventListener('pointerover', pick, true);
  scroller.addEventListener('pointermove', pick, true);
  scroller.addEventListener('pointerout', left, true);
  scroller.addEventListener('click', clicked);
  scroller.addEventListener('scroll', pick);
  const unwatch = onPointerLeft(scroller, release);
  return () => {
    observer.disconnect();
    unwatch();
    scroller.removeEventListener('pointerover', pick, true);
    scroller.removeEventListener('pointermove', pick, true);
    scroller.removeEventListener('pointerout', left, true);
    scroller.removeEventListener('click', clicked);
    scroller.removeEventListener('scroll', pick);
  };
}
