/**
 * WebKitGTK asks what is under the pointer only when that moves: a tooltip stays on the screen with what it belonged
 * to gone, or saying something else. The shell takes it away.
 */
export function takeTooltipsAway(page: Document, hide: () => void): void {
  /** Where the pointer rests, and what it is told there. */
  let rest = { x: 0, y: 0, title: '' };

  page.addEventListener('pointermove', move, { capture: true });
  new MutationObserver(() => {
    if (rest.title === '' || rest.title === titleOf(page.elementFromPoint(rest.x, rest.y))) return;
    rest.title = '';
    hide();
  }).observe(page.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ['title', 'class', 'aria-expanded'],
  });

  function move({ clientX: x, clientY: y, target }: PointerEvent): void {
    rest = { x, y, title: titleOf(target) };
  }
}

/** What a webview says of it. */
function titleOf(target: EventTarget | null): string {
  return (target instanceof Element && target.closest('[title]')?.getAttribute('title')) || '';
}
