// The batch that is open, kept while the person looks at other pages (never stored), and the ways in.
import { createSignal } from 'solid-js';
import type { Services } from '../../services.ts';
import { type Batch, type BatchSource, readBatch } from './batch-plan.ts';
import { readBundleFile } from './open-bundle.ts';

export interface OpenBatch extends Batch {
  /** "12 files", or a network's name. */
  from: string;
}

const [openBatch, setOpenBatch] = createSignal<OpenBatch | null>(null);

export { openBatch, setOpenBatch };

export async function openFilesBatch(files: readonly File[], onRead: (done: number) => void): Promise<void> {
  const sources = files.map((file): BatchSource => ({ name: file.name, load: () => readBundleFile(file) }));
  setOpenBatch({ ...(await readBatch(sources, onRead)), from: `${files.length} files` });
}

export async function openPeopleBatch(
  { snapshots }: Pick<Services, 'snapshots'>,
  snapshot: { id: string; name: string },
  subjects: readonly string[],
  onRead: (done: number) => void,
): Promise<void> {
  const sources = subjects.map(
    (subject): BatchSource => ({ name: subject, load: () => snapshots.bundle(snapshot.id, subject) }),
  );
  setOpenBatch({ ...(await readBatch(sources, onRead)), from: snapshot.name });
}
