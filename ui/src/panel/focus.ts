/**
 * The focus stays where a person works. A button that is pressed may go with what it was about, and the focus with
 * it: it is put on what takes the button's place, so that the next key does something and the eye finds it.
 */

import { focusIn, rowOf } from './row-keys';

/** Keeps the focus in a page, until what it returns is called. */
export function keepFocus(page: Document): () => void {
  let last: { element: Element; service: string | undefined; action: string | undefined } | null = null;

  const focused = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement)) return;
    const opener = target.closest<HTMLElement>('[data-opener]')?.dataset['opener'];
    last = {
      element: target,
      service: target.closest<HTMLElement>('[data-service]')?.dataset['service'],
      action: opener ?? target.dataset['action'],
    };
  };
  const restore = (): void => {
    if (!last || last.element.isConnected) return;
    const { service, action } = last;
    last = null;
    if (page.activeElement !== null && page.activeElement !== page.body) return;
    const row = service === undefined ? null : rowOf(service);
    if (row) focusIn(row, action);
    else page.querySelector<HTMLElement>(`[data-action="${CSS.escape(action ?? '')}"]`)?.focus();
  };

  const observer = new MutationObserver(restore);
  observer.observe(page.body, { subtree: true, childList: true });
  page.addEventListener('focusin', focused);
  return () => {
    observer.disconnect();
    page.removeEventListener('focusin', focused);
  };
}
