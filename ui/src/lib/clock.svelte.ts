/** One clock for all that shows how long something has lasted; it rests while nobody looks. */
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((tick) => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const follow = (): void => {
    clearInterval(timer);
    if (document.hidden) return;
    tick();
    timer = setInterval(tick, 1000);
  };
  document.addEventListener('visibilitychange', follow);
  timer = setInterval(tick, 1000);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', follow);
  };
});

let held: number | null = null;

/** Milliseconds since 1970; what reads it within a component is drawn anew every second. */
export function now(): number {
  subscribe();
  return held ?? Date.now();
}

/** Holds the clock at a moment, so that a picture of a page is the same every time. */
export function holdClockAt(moment: number): void {
  held = moment;
}
