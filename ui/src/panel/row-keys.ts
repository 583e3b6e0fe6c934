/** The keys of the rows: the arrows go from row to row, and letters do what the buttons of a row do. */

/** The key that was pressed; nothing where it has another meaning already. */
export function keyOf(event: KeyboardEvent): string {
  return event.ctrlKey || event.altKey || event.metaKey ? '' : event.key.toLowerCase();
}

/** Whether it is the key that searches. */
export function isFind({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key === 'f' && (ctrlKey || metaKey);
}

/**
 * Moves the focus to the same control of another row, to the first or the last one where it is in none. Whether the
 * key was one for that.
 */
export function toRow(event: KeyboardEvent): boolean {
  const from = event.target instanceof Element ? event.target : null;
  const lines = [...document.querySelectorAll<HTMLElement>('[data-service] > [data-line]')];
  const at = lines.findIndex((line) => line.contains(from));
  const above = at === -1 ? lines.length - 1 : at - 1;
  const to = { arrowdown: at + 1, arrowup: above, home: 0, end: lines.length - 1 }[keyOf(event)];
  if (to === undefined) return false;
  const line = lines[Math.max(0, Math.min(to, lines.length - 1))];
  const action = from?.closest<HTMLElement>('[data-action]')?.dataset['action'] ?? '';
  focusIn(line, action);
  return true;
}

/** The row of a service. */
export function rowOf(name: string): Element | null {
  return document.querySelector(`[data-service="${CSS.escape(name)}"]`);
}

/** Scrolls to the row of a service, and puts the focus there. */
export function showRow(name: string): void {
  const row = rowOf(name);
  row?.scrollIntoView({ block: 'center' });
  // What was not drawn before has its height only then.
  requestAnimationFrame(() => row?.scrollIntoView({ block: 'nearest' }));
  focusIn(row);
}

/** What stands in the place of a button, when the service is in the other state. */
const otherOf: Record<string, string> = {
  start: 'restart',
  restart: 'start',
  stop: 'start-again',
  'start-again': 'stop',
};

/** Puts the focus on a control of a row, on its name where the row has no such control. */
export function focusIn(row: Element | null | undefined, action = 'details'): void {
  const control = (wanted: string): HTMLElement | null | undefined =>
    row?.querySelector<HTMLElement>(`[data-action="${wanted}"]:not(:disabled, a:not([href]))`);
  const other = otherOf[action] ?? 'details';
  (control(action) ?? control(other) ?? control('details'))?.focus();
}
