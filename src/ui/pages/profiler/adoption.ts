// What adopting a profile's advice would change in this browser's settings, before it is changed. Pure.
import type { AdvisedSetting } from '../../../core/profiler/recommend.ts';
import type { ProfileReport } from '../../../core/profiler/report.ts';
import type { Settings } from '../../../services/device.ts';
import type { OffloadSettings } from '../../../services/servers.ts';

export interface Adopted {
  settings: Pick<Settings, 'threads' | 'memoryLimitBytes' | 'hereConstraintsMost'>;
  offload: OffloadSettings;
}

export interface Change {
  what: string;
  from: string;
  to: string;
}

export interface Adoption {
  changes: Change[];
  next: Adopted;
}

/** Advice of another machine's report says nothing about this one. */
export function isOfThisDevice(
  { machine }: Pick<ProfileReport, 'machine'>,
  device: { threads: number },
  runtime: string,
): boolean {
  return machine.kind === 'browser' && machine.cores === device.threads && machine.runtime === runtime;
}

const MODES: Record<OffloadSettings['mode'], string> = {
  here: 'only here',
  ask: 'ask each time',
  automatic: 'wherever it is sooner',
};

export function planAdoption(
  { recommendations }: ProfileReport['advice'],
  now: Adopted,
  device: { threads: number },
): Adoption {
  const next = structuredClone(now);
  for (const { setting } of recommendations) if (setting !== null) apply(setting, next, device);
  const changes: Change[] = [];
  const threadsText = (threads: number | null) =>
    threads === null ? `all, ${device.threads}` : String(threads);
  const memoryText = (bytes: number | null) =>
    bytes === null ? 'all that there is' : `${Math.round(bytes / 1e8) / 10} GB`;
  const note = <T>(what: string, from: T, to: T, text: (value: T) => string) => {
    if (from !== to) changes.push({ what, from: text(from), to: text(to) });
  };
  note('Threads for a proof', now.settings.threads, next.settings.threads, threadsText);
  note('Memory for a proof', now.settings.memoryLimitBytes, next.settings.memoryLimitBytes, memoryText);
  note(
    'Largest circuit to prove here',
    now.settings.hereConstraintsMost,
    next.settings.hereConstraintsMost,
    (most) => (most === null ? 'any' : `${most} constraints`),
  );
  note('Proofs are made', now.offload.mode, next.offload.mode, (mode) => MODES[mode]);
  return { changes, next };
}

/** Back to what was before it was adopted; what the person has changed since then, in another tab too, stays. */
export function takenBack(was: Adopted, adopted: Adopted, now: Adopted): Adopted {
  const back = structuredClone(now);
  for (const name of ['threads', 'memoryLimitBytes', 'hereConstraintsMost'] as const) {
    if (now.settings[name] === adopted.settings[name]) back.settings[name] = was.settings[name];
  }
  if (now.offload.mode === adopted.offload.mode) back.offload.mode = was.offload.mode;
  return back;
}

function apply(setting: AdvisedSetting, next: Adopted, device: { threads: number }): void {
  if ('threads' in setting) {
    // All of them is kept as "all", so that it holds on a device with more as well.
    next.settings.threads = setting.threads === device.threads ? null : setting.threads;
  } else if ('memoryLimitBytes' in setting) {
    const now = next.settings.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
    if (setting.atLeast && now >= setting.memoryLimitBytes) return;
    next.settings.memoryLimitBytes = setting.memoryLimitBytes;
  } else if ('hereConstraintsMost' in setting) {
    const now = next.settings.hereConstraintsMost ?? Number.POSITIVE_INFINITY;
    if (setting.atLeast && now >= setting.hereConstraintsMost) return;
    next.settings.hereConstraintsMost = setting.hereConstraintsMost;
  } else if ('offload' in setting) {
    // What each server may see stays as the person has allowed it.
    next.offload.mode = setting.offload;
  }
}
