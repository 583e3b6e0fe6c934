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
