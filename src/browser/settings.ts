// What a person has set for this browser, in localStorage: small, read before anything else is opened. Unknown
// or damaged values fall back to what is usual.
import * as v from 'valibot';
import type { InputRetention } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';

export interface Settings {
  /** Null: as many as the device has. */
  threads: number | null;
  /** Null: as much as the device has. */
  memoryLimitBytes: number | null;
  /** Larger circuits go to an allowed server where they may leave; null: none. */
  hereConstraintsMost: number | null;
  keepInput: InputRetention;
  /** The screen stays on while a proof is made and the page is seen. */
  keepAwake: boolean;
  /** Says so outside the page when a long proof has ended and no page of ours is seen. */
  notify: boolean;
}

const KEY = 'gnomon.settings';
const USUAL: Settings = {
  threads: null,
  memoryLimitBytes: null,
  hereConstraintsMost: null,
  keepInput: 'if-mendable',
  keepAwake: true,
  notify: false,
};

const SettingsSchema = v.object({
  threads: v.fallback(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64))),
    USUAL.threads,
  ),
  memoryLimitBytes: v.fallback(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  hereConstraintsMost: v.fallback(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
  keepInput: v.fallback(v.picklist(['never', 'if-mendable', 'always']), USUAL.keepInput),
  keepAwake: v.fallback(v.boolean(), USUAL.keepAwake),
  notify: v.fallback(v.boolean(), USUAL.notify),
});

export interface SettingsStore {
  read(): Settings;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  write(settings: Settings): boolean;
  /** Hears of each change made in this tab. */
  watch(listener: () => void): () => void;
}

/** `storage` gives `localStorage`, and throws where it is forbidden. */
export function makeSettings(storage: () => Storage): SettingsStore {
  let unkept: Settings | null = null;
  const changes = createListeners<null>();
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
      } catch {
        unkept = settings;
      }
      changes.emit(null);
      return unkept === null;
    },
    watch: (listener) => changes.add(listener),
  };
}
