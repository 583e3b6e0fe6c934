/**
 * One clock for all that shows how long something has lasted. It rests while nobody looks, and a beat that
 * comes from elsewhere puts its own off: what changes at about the same time is drawn at once.
 */
import { createSubscriber } from 'svelte/reactivity';

let periodMs = 1000;
/** Beats now; `undefined` while nothing shows a time. */
let beatNow: (() => void) | undefined;

const subscribe = createSubscriber((tick) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(beatOnce, periodMs);
  };
  const beatOnce = (): void => {
    if (!document.hidden) tick();
    wait();
  };
  document.addEventListener('visibilitychange', beatOnce);
  beatNow = beatOnce;
  wait();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', beatOnce);
    beatNow = undefined;
  };
});

/** The clock beats after so long without a beat; every second unless this is called. */
export function beatEvery(milliseconds: number): void {
  periodMs = milliseconds;
}

/** Beats now, since something else changes what is shown anyway. */
export function beat(): void {
  beatNow?.();
}

let held: number | null = null;

/** Milliseconds since 1970; what reads it within a component is drawn anew with each beat. */
export function now(): number {
  subscribe();
  return held ?? Date.now();
}

/** Holds the clock at a moment, so that a picture of a page is the same every time. */
export function holdClockAt(moment: number): void {
  held = moment;
}
