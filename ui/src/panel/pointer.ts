/** Where the pointer is, and when it leaves. */

export interface Point {
  x: number;
  y: number;
}

let at: Point | null = null;

/** Watches the pointer in a page, until what it returns is called. */
export function trackPointer(page: Document): () => void {
  const moved = (event: PointerEvent): void => {
    at = { x: event.clientX, y: event.clientY };
  };
  const left = (event: PointerEvent): void => {
    if (event.relatedTarget === null) at = null;
  };
  page.addEventListener('pointerover', moved, true);
  page.addEventListener('pointermove', moved, true);
  page.addEventListener('pointerout', left, true);
  return () => {
    page.removeEventListener('pointerover', moved, true);
    page.removeEventListener('pointermove', moved, true);
    page.removeEventListener('pointerout', left, true);
  };
}

/** Where the pointer is in the page; `null` where it is elsewhere. */
export function pointerAt(): Point | null {
  return at;
}

/**
 * Tells when the pointer has left an element. When what is under the pointer goes away, WebKit does not report that
 * the pointer leaves it, nor what it was in: the next move elsewhere tells.
 */
export function onPointerLeft(element: Element, left: () => void): () => void {
  const moved = (event: PointerEvent): void => {
    if (!(event.target instanceof Node && element.contains(event.target))) left();
  };
  element.addEventListener('pointerleave', left);
  addEventListener('pointermove', moved, true);
  return () => {
    element.removeEventListener('pointerleave', left);
    removeEventListener('pointermove', moved, true);
  };
}
