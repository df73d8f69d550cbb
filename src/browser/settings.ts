// What a person has set for this browser, in localStorage: small, read before anything else is opened. Unknown
// or damaged values fall back to what is usual.
import * as v from 'valibot';
import type { InputRetention } from '../core/job.ts';

export interface Settings {
  /** Null: as many as the device has. */
  threads: number | null;
  keepInput: InputRetention;
}

const KEY = 'gnomon.settings';
const USUAL: Settings = { threads: null, keepInput: 'if-mendable' };

const SettingsSchema = v.object({
  threads: v.fallback(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64))),
    USUAL.threads,
  ),
  keepInput: v.fallback(v.picklist(['never', 'if-mendable', 'always']), USUAL.keepInput),
});

export interface SettingsStore {
  read(): Settings;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  write(settings: Settings): boolean;
}

/** `storage` gives `localStorage`, and throws where it is forbidden. */
export function makeSettings(storage: () => Storage): SettingsStore {
  let unkept: Settings | null = null;
  return {
    read() {
      if (unkept !== null) return unkept;
      try {
        const parsed = v.safeParse(SettingsSchema, JSON.parse(storage().getItem(KEY) ?? '{}'));
        return parsed.success ? parsed.output : USUAL;
      } catch {
        return USUAL;
      }
    },
    write(settings) {
      try {
        storage().setItem(KEY, JSON.stringify(settings));
        unkept = null;
        return true;
      } catch {
        unkept = settings;
        return false;
      }
    },
  };
}
