// What this browser keeps, may do and can: storage, backup, settings, notifications, the device's facts.
import type { InputRetention } from '../core/job.ts';

export interface StorageFacts {
  usedBytes: number | null;
  freeBytes: number | null;
  /** The browser does not clear this site's data by itself. */
  persistent: boolean | null;
  /** It was asked for and refused. */
  refused: boolean;
}

export interface StorageService {
  facts(): Promise<StorageFacts>;
  /** Asks the browser to keep this site's data; its answer. */
  persist(): Promise<boolean>;
  /** Deletes all that is kept here, and the app's own copy; leave the page right after. */
  deleteEverything(): Promise<void>;
}

/** Everything that is kept here, but for the app's own circuits, in one file under a passphrase. */
export interface BackupService {
  exportAll(passphrase: string): Promise<Blob>;
  /** Adds what is not here yet; nothing that is here is changed. */
  importAll(file: Blob, passphrase: string): Promise<{ added: number; skipped: number }>;
}

export interface Settings {
  /** Null: as many as the device has. Takes effect when the app is opened next. */
  threads: number | null;
  /** What a proof may take; null: as much as the device has. */
  memoryLimitBytes: number | null;
  /** Larger circuits go to an allowed server where they may leave; null: none. */
  hereConstraintsMost: number | null;
  /** When the input of a job that has ended is deleted. */
  keepInput: InputRetention;
  /** The screen stays on while a proof is made and the page is seen. */
  keepAwake: boolean;
  /** A notification when a long proof has ended and no page is seen. */
  notify: boolean;
}

export interface SettingsService {
  read(): Settings;
  /** False when the browser keeps nothing: then it lasts until the page is closed. */
  write(settings: Settings): boolean;
}

export type NotificationState = 'allowed' | 'refused' | 'not-asked' | 'unsupported';

export interface NotificationsService {
  state(): NotificationState;
  /** Has the browser ask the person; call it on their click only. */
  ask(): Promise<NotificationState>;
}

export interface DeviceFacts {
  crossOriginIsolated: boolean;
  threads: number;
  /** Null where the browser does not say. */
  memoryBytes: number | null;
  online: boolean;
}
