/** Durations, latencies, sizes and numbers as people read them, in the language of the page. */

export interface Units {
  day: string;
  hour: string;
  minute: string;
  second: string;
}

/** `45 s`, `12 min`, `2 h 05 min`, `3 d 4 h`: two steps at most, so that the width hardly changes. */
export function duration(seconds: number, units: Units): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} ${units.day} ${hours % 24} ${units.hour}`;
  if (hours > 0) return `${hours} ${units.hour} ${pad(minutes % 60)} ${units.minute}`;
  if (minutes > 0) return `${minutes} ${units.minute}`;
  return `${whole} ${units.second}`;
}

/** The seconds from a timestamp to `now` (milliseconds since 1970); `null` where there is none. */
export function secondsSince(timestamp: string | null, now: number): number | null {
  if (timestamp === null) return null;
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? null : Math.max(0, (now - at) / 1000);
}

/** Microseconds as `0.31 ms`, `4.2 ms`, `120 ms` or `2.5 s`: two or three figures that matter. */
export function latency(microseconds: number, locale: string): string {
  const ms = microseconds / 1000;
  if (ms < 1) return `${number(ms, 2, locale)} ms`;
  if (ms < 10) return `${number(ms, 1, locale)} ms`;
  if (ms < 1000) return `${number(ms, 0, locale)} ms`;
  return `${number(ms / 1000, 1, locale)} s`;
}

/** Bytes in steps of 1024, as `512 B`, `1.4 KiB`, `20 MiB`. */
export function bytes(count: number, locale: string): string {
  const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${number(value, step === 0 || value >= 10 ? 0 : 1, locale)} ${steps[step]}`;
}

/** A number with exactly so many digits after the point, and a true minus sign. */
export function number(value: number, digits: number, locale: string): string {
  const rounded = Number(value.toFixed(digits));
  const format = formatter(locale, digits);
  return format.format(Object.is(rounded, -0) ? 0 : rounded).replace('-', '−');
}

/** A difference: always with its sign. */
export function signed(value: number, digits: number, locale: string): string {
  const text = number(value, digits, locale);
  return Number(value.toFixed(digits)) > 0 ? `+${text}` : text;
}

/** A point in time in few words: the time for today, else the day and the time. */
export function moment(timestamp: string, now: number, locale: string): string {
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return '';
  const today = at.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(
    locale,
    today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' },
  ).format(at);
}

/** A fragment, as programs write their reasons, as a sentence. */
export function sentence(fragment: string): string {
  const text = fragment.trim();
  if (text === '') return '';
  const end = /[.?…]$/.test(text) ? '' : '.';
  return `${capitalised(text)}${end}`;
}

/** With a capital letter at its begin. */
export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(locale: string, digits: number): Intl.NumberFormat {
  const key = `${locale}/${digits}`;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  formatters.set(key, made);
  return made;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
