/** The keys of the rows: the arrows go from row to row, and letters do what the buttons of a row do. */

/** The key that was pressed; nothing where it has another meaning already. */
export function keyOf(event: KeyboardEvent): string {
  return event.ctrlKey || event.altKey || event.metaKey ? '' : event.key.toLowerCase();
}

/** Whether it is the key that searches. */
export function isFind({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key === 'f' && (ctrlKey || metaKey);
}

/** Moves the focus to the same control of another row. Whether the key was one for that. */
export function toRow(event: KeyboardEvent): boolean {
  const from = event.target instanceof Element ? event.target : null;
  const lines = [...document.querySelectorAll<HTMLElement>('[data-line]')];
  const at = lines.findIndex((line) => line.contains(from));
  const to = { arrowdown: at + 1, arrowup: at - 1, home: 0, end: lines.length - 1 }[keyOf(event)];
  if (at === -1 || to === undefined) return false;
  const line = lines[Math.max(0, Math.min(to, lines.length - 1))];
  const action = from?.closest<HTMLElement>('[data-action]')?.dataset['action'] ?? '';
  focusIn(line, action);
  return true;
}

/** Puts the focus on a control of a row's line, on its name where the line has no such control. */
export function focusIn(line: Element | null | undefined, action = 'details'): void {
  const control = (wanted: string): HTMLElement | null | undefined =>
    line?.querySelector<HTMLElement>(`[data-action="${wanted}"]:not(:disabled, a:not([href]))`);
  const other = { start: 'restart', restart: 'start' }[action] ?? 'details';
  (control(action) ?? control(other) ?? control('details'))?.focus();
}
