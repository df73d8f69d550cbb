// The circuits this app can use: the server's manifest, kept for offline use, and keys by digest.

import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { type Artifact, type CircuitEntry, type Manifest, ManifestSchema } from '../core/manifest.ts';
import type { ArtifactStore } from '../core/ports.ts';
import { sha256Hex } from '../prover/digest.ts';
import { parseVerificationKey } from '../prover/shape.ts';
import type { CircuitsService } from '../services/circuits.ts';

const CACHE_NAME = 'gnomon-manifest';

/** `manifestUrl` is absolute; it is asked for first and the kept copy serves when the network fails. With
 * `pinnedSha256` any other list is refused. */
export function makeCircuits(
  manifestUrl: string,
  artifacts: ArtifactStore,
  pinnedSha256?: string,
): CircuitsService {
  const ignoreBytes = (): void => {};
  return {
    async list() {
      const manifest = await fetchManifest(manifestUrl, pinnedSha256);
      return manifest.circuits
        .map((circuit) => withAbsoluteUrls(circuit, manifestUrl))
        .sort((a, b) => a.domain - b.domain || a.id.localeCompare(b.id));
    },
    async vkey(circuit) {
      const bytes = await artifacts.get(circuit.artifacts.vkey, new AbortController().signal, ignoreBytes);
      return parseVerificationKey(JSON.parse(new TextDecoder().decode(bytes)));
    },
    async keepForOffline(circuit, signal, onBytes = ignoreBytes) {
      const { vkey, wasm, zkey } = circuit.artifacts;
      let before = 0;
      for (const artifact of [vkey, wasm, zkey]) {
        if (!(await artifacts.has(artifact.sha256))) {
          await artifacts.get(artifact, signal, (bytes) => onBytes(before + bytes));
        }
        before += artifact.bytes;
        onBytes(before);
      }
    },
    kept: () => artifacts.list(),
    async drop(circuit) {
      const { vkey, wasm, zkey } = circuit.artifacts;
      for (const artifact of [zkey, wasm, vkey]) await artifacts.remove(artifact.sha256);
    },
  };
}

async function fetchManifest(url: string, pinnedSha256: string | undefined): Promise<Manifest> {
  const kept = typeof caches === 'undefined' ? null : await caches.open(CACHE_NAME).catch(() => null);
  let response: Response | undefined;
  try {
    const fresh = await fetch(url, { cache: 'no-cache' });
    if (fresh.ok) {
      await kept?.put(url, fresh.clone()).catch(() => {});
      response = fresh;
    }
  } catch {
    // Offline: the kept copy below.
  }
  response ??= await kept?.match(url);
  if (response === undefined) {
    throw new GnomonError('network.manifest', 'The list of circuits could not be loaded.', {
      where: url,
      nextStep: 'Connect once; after that Gnomon works offline.',
    });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (pinnedSha256 !== undefined && (await sha256Hex(bytes)) !== pinnedSha256) {
    throw new GnomonError(
      'circuit.manifest-digest',
      'The list of circuits is not the one that this page means.',
      {
        where: url,
        nextStep: 'Ask whoever runs this page; it may name an older list.',
      },
    );
  }
  const parsed = v.safeParse(ManifestSchema, parsedJson(bytes));
  if (parsed.success) return parsed.output;
  throw new GnomonError(
    'circuit.manifest',
    `The list of circuits is malformed: ${parsed.issues[0].message}.`,
    {
      where: url,
      nextStep: 'Ask whoever runs this server to make the circuits anew.',
    },
  );
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** The circuit with each of its files' addresses made whole. */
export function withAbsoluteUrls(circuit: CircuitEntry, base: string): CircuitEntry {
  const absolute = (artifact: Artifact): Artifact => ({ ...artifact, url: new URL(artifact.url, base).href });
  const { wasm, zkey, vkey } = circuit.artifacts;
  return { ...circuit, artifacts: { wasm: absolute(wasm), zkey: absolute(zkey), vkey: absolute(vkey) } };
}
