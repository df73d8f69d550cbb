// What the platform says about this device.

export interface DeviceFacts {
  /** Threads can share memory. */
  crossOriginIsolated: boolean;
  /** Logical cores, at least 1. */
  threads: number;
  /** False means surely offline; true means perhaps online. */
  readonly online: boolean;
}

export function deviceFacts(): DeviceFacts {
  return {
    crossOriginIsolated: globalThis.crossOriginIsolated === true,
    threads: Math.max(1, navigator.hardwareConcurrency ?? 1),
    get online() {
      return navigator.onLine;
    },
  };
}

/** Whether the person asked their browser to save data. */
export function savesData(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  return connection?.saveData === true;
}
