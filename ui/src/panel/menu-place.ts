/** Where a menu lies at its button: on the side where there is room for it, and never outside of the window. */

interface Size {
  width: number;
  height: number;
}

/** What stays free between a menu and the edges of the window, and between it and its button. */
const [edge, gap] = [4, 2];

/** Below its button where it fits, else on the side with more room, and then only as high as that. */
export function menuPlace(
  button: Pick<DOMRect, 'top' | 'right' | 'bottom'>,
  menu: Size,
  window: Size,
): { left: number; top: number; height: number } {
  // A button that is scrolled out of sight is taken to be at the edge.
  const [begin, end] = [
    Math.max(edge, button.bottom + gap),
    Math.min(window.height - edge, button.top - gap),
  ];
  const [under, over] = [window.height - edge - begin, end - edge];
  const below = menu.height <= under || under >= over;
  const height = Math.min(menu.height, below ? under : over);
  const left = Math.max(edge, Math.min(button.right, window.width - edge) - menu.width);
  return { left, top: below ? begin : end - height, height };
}
