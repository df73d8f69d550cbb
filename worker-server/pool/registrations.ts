// Registered workers on disk, so that they survive a restart. They hold tokens: only the owner may read them.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { GnomonError } from '../../src/core/errors.ts';
import { WorkerRegistrationSchema } from '../pool-port.ts';

/** With why it is trusted no more: a restart must not make it good. */
const KeptSchema = v.strictObject({ ...WorkerRegistrationSchema.entries, setAside: v.optional(v.string()) });
export type KeptRegistration = v.InferOutput<typeof KeptSchema>;
const FileSchema = v.object({ version: v.literal(1), workers: v.array(KeptSchema) });

export interface Registrations {
  load(): Promise<KeptRegistration[]>;
  /** Replaces the file as a whole: a crash leaves the old one or the new one. */
  save(workers: readonly KeptRegistration[]): Promise<void>;
}

export function keepNowhere(): Registrations {
  return { load: async () => [], save: async () => {} };
}

export function keepInFile(file: string): Registrations {
  let writing: Promise<void> = Promise.resolve();
  const write = async (text: string): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  };
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw damaged(file, thrown);
      }
      try {
        return v.parse(FileSchema, JSON.parse(text)).workers;
      } catch (thrown) {
        throw damaged(file, thrown);
      }
    },
    save(workers) {
      const text = `${JSON.stringify({ version: 1, workers }, null, 2)}\n`;
      // In order, and a failed one does not stop the next.
      const done = writing.then(() => write(text));
      writing = done.catch(() => {});
      return done;
    },
  };
}

function damaged(file: string, cause: unknown): GnomonError {
  return new GnomonError('resource.storage-registrations', 'The list of registered workers cannot be read.', {
    where: file,
    nextStep: 'Mend the file or move it away, and start again.',
    retryable: false,
    cause,
  });
}
