/** What a browser's window would do with keys and a click of the right button, and the panel's does not. */
import type { Commands } from '../lib/generated/desktop/commands';
import { takeTooltipsAway } from './tooltips';

type Window = Pick<Commands, 'closePanel' | 'zoomPanel' | 'hideTooltip'>;

/** What an Escape closes before it closes the panel. A popover that is closed is in the page as well. */
const OPEN = '[data-view], dialog[open], :popover-open, .sure';
/** Where there is no tray, the window is the application: nobody means to end it by an Escape. */
const ALONE = '[data-field=alone]';
/** Where text is written. */
const FIELD = 'input, textarea, [contenteditable], [role=search]';

export const PRODUCT = 'Skin AI Assistant';

/** The title of the window that shows a stack. */
export function titleOf(stack: string | undefined): string {
  return stack === undefined || stack === PRODUCT ? PRODUCT : `${stack} – ${PRODUCT}`;
}

const zooms: Record<string, 'in' | 'out' | 'reset'> = { '+': 'in', '=': 'in', '-': 'out', '0': 'reset' };

/** Gives the keys to a window, and takes the webview's own menu and tooltips away where they have nothing to say. */
export function ownWindow(page: Document, window: Window): void {
  // Before anybody else, who may close what is open.
  page.addEventListener('keydown', (event) => key(event, page, window), { capture: true });
  page.addEventListener('contextmenu', (event) => {
    const selected = page.getSelection()?.isCollapsed === false;
    if (!selected && !isWriting(event)) event.preventDefault();
  });
  takeTooltipsAway(page, () => ask(window.hideTooltip()));
}

/** Whether a key is for where text is written. */
export function isWriting({ target }: Event): boolean {
  return target instanceof Element && target.closest(FIELD) !== null;
}

function key(event: KeyboardEvent, page: Document, window: Window): void {
  const control = event.ctrlKey || event.metaKey;
  const zoom = control ? zooms[event.key] : undefined;
  if (event.key === 'F5' || (control && event.key.toLowerCase() === 'r')) {
    // What a page that is loaded anew forgets, nobody asked it to.
    event.preventDefault();
  } else if (control && event.key.toLowerCase() === 'w') {
    event.preventDefault();
    ask(window.closePanel());
  } else if (zoom) {
    event.preventDefault();
    ask(window.zoomPanel(zoom));
  } else if (event.key === 'Escape' && !page.querySelector(`${OPEN}, ${ALONE}`) && !isWriting(event)) {
    ask(window.closePanel());
  }
}

/** Whoever closes or enlarges a window sees whether it did. */
function ask(done: Promise<void>): void {
  done.catch(() => undefined);
}
