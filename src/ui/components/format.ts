// How the app writes numbers, times and digests. Pure, so that words are the same everywhere.

/** `1234567890…abcdef`; short values stay whole. */
export function shorten(value: string, head: number, tail: number): string {
  return value.length <= head + tail + 1 ? value : `${value.slice(0, head)}…${value.slice(-tail)}`;
}

/** A duration as people say it: "about 4 s", "about 2 min", "under 1 s". */
export function aboutMs(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 1000) return 'under 1 s';
  if (ms < 90_000) return `about ${Math.round(ms / 1000)} s`;
  if (ms < 90 * 60_000) return `about ${Math.round(ms / 60_000)} min`;
  return `about ${Math.round(ms / 3_600_000)} h`;
}

/** A measured duration: "840 ms", "4.2 s", "3 min 12 s". */
export function exactMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const totalS = Math.round(ms / 1000);
  return `${Math.floor(totalS / 60)} min ${totalS % 60} s`;
}

/** Parts per million as a score from 0 to 1 with no digit invented or dropped: "0.734512", "0.7", "1". */
export function scoreText(ppm: number): string {
  const digits = Math.round(ppm).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
}

/** Parts per million as a score rounded to two digits, for reading rather than checking. */
export function scoreShort(ppm: number): string {
  return (ppm / 1e6).toFixed(2);
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

const countFormat = new Intl.NumberFormat('en');

/** 5858 → "5,858". */
export function countText(count: number): string {
  return countFormat.format(count);
}

/** `plural(1, 'person', 'people')` → "1 person". */
export function plural(count: number, one: string, many: string): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const dateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const dateTimeFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** Unix seconds as a day in UTC: campaigns are dated the same for everyone. */
export function dayText(unixS: number): string {
  return dateFormat.format(new Date(unixS * 1000));
}

/** Milliseconds as local date and time. */
export function timeText(unixMs: number): string {
  return dateTimeFormat.format(new Date(unixMs));
}
