// What the platform says about this device.

import type { DeviceFacts } from '../services/device.ts';

export function deviceFacts(): DeviceFacts {
  return {
    crossOriginIsolated: globalThis.crossOriginIsolated === true,
    threads: Math.max(1, navigator.hardwareConcurrency ?? 1),
    memoryBytes: memoryBytes((navigator as { deviceMemory?: number }).deviceMemory),
    get online() {
      return navigator.onLine;
    },
  };
}

/** `deviceMemory` is in GiB, rounded to a power of two, and says 8 for all that is more. */
export function memoryBytes(deviceMemory: number | undefined): number | null {
  return deviceMemory === undefined || deviceMemory >= 8 ? null : deviceMemory * 2 ** 30;
}

/** Whether the person asked their browser to save data. */
export function savesData(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  return connection?.saveData === true;
}
