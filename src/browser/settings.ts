// What a person has set for this browser, in localStorage: small, read before anything else is opened. Unknown
// or damaged values fall back to what is usual.

import * as v from 'valibot';
import { createListeners } from '../core/listeners.ts';
import type { Settings, SettingsService } from '../services/device.ts';

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

export interface SettingsStore extends SettingsService {
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
