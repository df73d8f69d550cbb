// The ArtifactStore of a server: the circuits folder, each file held against its digest when it is read.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { GnomonError } from '../../src/core/errors.ts';
import type { Artifact } from '../../src/core/manifest.ts';
import type { ArtifactStore } from '../../src/core/ports.ts';
import { sha256Hex } from '../../src/prover/digest.ts';

export function makeFolderArtifacts(folder: string): ArtifactStore {
  return {
    async get(artifact, signal, onBytes) {
      onBytes(0);
      const bytes = await readWhole(await pathOf(folder, artifact), artifact);
      if (signal.aborted) {
        throw new GnomonError('cancelled.aborted', 'Loading was cancelled.', {
          nextStep: 'Start it again when you like.',
        });
      }
      if ((await sha256Hex(bytes)) !== artifact.sha256) throw wrong('digest-mismatch', artifact);
      onBytes(bytes.length);
      return bytes;
    },
    // Files are the operator's: nothing is kept or dropped here.
    has: async () => false,
    list: async () => [],
    remove: async () => {},
  };
}

/** Whether it is there; its digest is looked at when it is read. */
export function hasFile(folder: string, artifact: Artifact): Promise<boolean> {
  return pathOf(folder, artifact).then(
    () => true,
    () => false,
  );
}

async function pathOf(folder: string, artifact: Artifact): Promise<string> {
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, artifact.url))]);
    if (path.startsWith(root + sep)) return path;
  } catch {
    // As good as outside.
  }
  throw wrong('not-found', artifact);
}

async function readWhole(path: string, artifact: Artifact): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, constants.O_RDONLY).catch(() => {
    throw wrong('not-found', artifact);
  });
  try {
    const { size } = await file.stat();
    if (size > artifact.bytes) throw wrong('too-long', artifact);
    if (size < artifact.bytes) throw wrong('digest-mismatch', artifact);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) throw wrong('digest-mismatch', artifact);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

const WORDS = {
  'not-found': 'A circuit’s file is not in the circuits folder.',
  'too-long': 'A circuit’s file is longer than the list says.',
  'digest-mismatch': 'A circuit’s file is not the one the list names.',
};

function wrong(what: keyof typeof WORDS, { url }: Artifact): GnomonError {
  return new GnomonError(`artifact.${what}`, WORDS[what], {
    where: url,
    nextStep: 'Ask whoever runs this server to run npm run circuits.',
    retryable: false,
  });
}
