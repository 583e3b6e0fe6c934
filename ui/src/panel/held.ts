/**
 * What keeps its height for the pointer's sake is asked before the list is settled: nothing has moved then.
 */

const watched = new Set<() => void>();

/** Has `look` called whenever something has changed, until what it returns is called. */
export function watchHeight(look: () => void): () => void {
  watched.add(look);
  return () => watched.delete(look);
}

/** Has all that shrank look whether it may. */
export function keepHeights(): void {
  for (const look of watched) look();
}
