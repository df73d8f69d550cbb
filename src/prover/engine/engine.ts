// The engine's door: zkey and witness in, proof and public signals out. Keeps threads, kernels and the last
// key between proofs. One proof at a time; more wait in order. The caller verifies: see README.
import { FIELD_BYTES } from './constants.ts';
import { logicalCores } from './cores.ts';
import { EngineError } from './errors.ts';
import { computeProof, type OpenMask, openMask, proofCost } from './groth16.ts';
import { measure, measureAtMost } from './import.ts';
import { TIER_SHAPES } from './kernels/scratch.ts';
import { inMemory, type KeyFile, readFile, surveyKey } from './key-file.ts';
import type { Sizes } from './layout.ts';
import { Pool } from './pool.ts';
import { fitPrivate, halfOfSnarkjs } from './private-threads.ts';
import { drawSeed, randomBlinding } from './randomness.ts';
import type { Blinding, ProofPoints } from './reference/prove.ts';
import { littleEndian } from './sections.ts';
import { localThread, startThreads } from './spawn.ts';
import { type ChosenTier, chooseTier, type TierName } from './tiers.ts';
import { Work } from './work.ts';
import { readWitness } from './wtns.ts';
import { outlineKey } from './zkey.ts';

export interface EngineOptions {
  /** Threads to start; 1 proves in the calling thread. Default: one per logical core. */
  threads?: number;
  /** Default: the fastest that works. */
  tier?: TierName;
  /** false keeps a private memory per thread even where one could be shared. */
  sharedMemory?: boolean;
  /** What threads with private memories may take together, in bytes: as many prove as fit, one at least. Default: about half
   * of what snarkjs takes with the same key. */
  privateBytes?: number;
}

export interface ProveOptions {
  /** Cancels: threads are ended at once and start anew with the next proof. */
  signal?: AbortSignal;
  /** 0…1, counted in work done, reading the key included. */
  onProgress?: (share: number) => void;
  /** How long the proof takes does not depend on the witness: no gain from zeros, bits and repeated values. A key's
   * first such proof takes nearly twice as long. */
  uniform?: boolean;
}

/** As snarkjs spells it. */
export interface EngineProof {
  pi_a: [string, string, string];
  pi_b: [[string, string], [string, string], [string, string]];
  pi_c: [string, string, string];
  protocol: 'groth16';
  curve: 'bn128';
}

export interface EngineResult {
  proof: EngineProof;
  publicSignals: string[];
  timings: {
    tier: TierName;
    threads: number;
    sharedMemory: boolean;
    keyMs: number;
    proofMs: number;
    /** Additions of points: what most of the time goes by. */
    additions: number;
    /** Threads' time by kind of task. */
    stagesMs: Record<string, number>;
  };
}

/** A zkey by name, read only when the engine does not hold it. */
export interface NamedKey {
  /** The same for the same bytes only, e.g. their SHA-256. */
  id: string;
  load(): Promise<Uint8Array | KeyFile>;
}

export interface Engine {
  /** Rejects with EngineError: `artifact.…` (zkey), `witness.…` (wtns), `resource.…`, `cancelled.by-request`,
   * or with whatever `load` rejects with. */
  prove(zkey: Uint8Array | NamedKey, wtns: Uint8Array, options?: ProveOptions): Promise<EngineResult>;
  /** Starts threads and chooses kernels, as the first proof would. */
  warm(): Promise<void>;
  /** Whether the next proof with this key needs no reading and no conversion. */
  holds(id: string): boolean;
  /** Never uses a tier again that computed wrongly; the next best takes over with the next proof. */
  refuse(tier: TierName): void;
  /** The next proof reads its key anew, whatever its name. */
  forget(): void;
  /** Ends the threads and frees the key's memory. */
  dispose(): void;
}

export function createEngine(options: EngineOptions = {}): Engine {
  return new GrothEngine(options);
}

interface OpenKey {
  /** The named key's id, or the very bytes. */
  of: string | Uint8Array;
  sizes: Sizes;
  /** Made with the first uniform proof. */
  mask?: OpenMask;
}

interface StartedPool {
  pool: Pool;
  tier: ChosenTier;
  /** At most: a key may leave memory for fewer. */
  threads: number;
  shared: boolean;
}

/** Exported for tests, which draw their own blinding. */
export class GrothEngine implements Engine {
  private readonly options: EngineOptions;
  private readonly refused = new Set<TierName>();
  private pool: Promise<StartedPool> | undefined;
  private open: OpenKey | undefined;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.options = options;
  }

  protected drawBlinding(): Blinding {
    return randomBlinding();
  }

  prove(zkey: Uint8Array | NamedKey, wtns: Uint8Array, options: ProveOptions = {}): Promise<EngineResult> {
    const turn = this.tail.then(() => this.proveNow(zkey, wtns, options));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  async warm(): Promise<void> {
    await this.start();
  }

  holds(id: string): boolean {
    return this.open?.of === id;
  }

  refuse(tier: TierName): void {
    this.refused.add(tier);
    this.drop(cancelled());
  }

  forget(): void {
    this.open = undefined;
  }

  dispose(): void {
    this.drop(
      new EngineError('cancelled.disposed', 'The prover was closed.', {
        nextStep: 'Open it again and start anew.',
      }),
    );
  }

  private drop(reason: EngineError): void {
    this.pool?.then(({ pool }) => pool.end(reason)).catch(() => undefined);
    this.pool = undefined;
    this.open = undefined;
  }

  private async proveNow(
    zkey: Uint8Array | NamedKey,
    wtns: Uint8Array,
    options: ProveOptions,
  ): Promise<EngineResult> {
    const { signal, onProgress = () => undefined } = options;
    if (signal?.aborted) throw cancelled();
    const begun = now();
    const { count, values } = readWitness(wtns);
    const onAbort = () => this.drop(cancelled());
    signal?.addEventListener('abort', onAbort);
    try {
      const started = await this.start();
      const { pool, tier, shared } = started;
      const work = new Work(onProgress);
      const uniform = options.uniform === true;
      const { sizes } = await this.openKey(started, zkey, work);
      if (signal?.aborted) throw cancelled();
      if (count !== sizes.signals) {
        throw new EngineError('witness.size', 'The witness does not belong to this proving key.', {
          nextStep: 'Use the wasm file and the zkey of the same circuit.',
          where: `signals: ${count}, expected ${sizes.signals}`,
        });
      }
      work.proof(proofCost(sizes, uniform && this.open!.mask === undefined));
      const mask = uniform ? await this.mask(pool, work) : undefined;
      const opened = now();
      const { points, additions } = await computeProof({
        pool,
        sizes,
        witness: values,
        blinding: this.drawBlinding(),
        ...(mask && { mask }),
        onDone: work.did,
      });
      if (points === undefined) throw degenerate();
      return {
        proof: toJson(points),
        publicSignals: Array.from({ length: sizes.publicSignals }, (_, i) =>
          littleEndian(values.subarray(FIELD_BYTES * (i + 1), FIELD_BYTES * (i + 2))).toString(),
        ),
        timings: {
          tier: tier.name,
          threads: sizes.threads,
          sharedMemory: shared,
          keyMs: opened - begun,
          proofMs: now() - opened,
          additions,
          stagesMs: pool.stagesMs,
        },
      };
    } catch (error) {
      // What a failed run left in the threads is not to be relied on.
      if (!(error instanceof EngineError && error.group === 'witness')) this.drop(cancelled());
      throw signal?.aborted ? cancelled() : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private async mask(pool: Pool, work: Work): Promise<OpenMask> {
    const open = this.open!;
    open.mask ??= await openMask(pool, open.sizes, drawSeed(), work.did);
    return open.mask;
  }

  private async start() {
    // A thread may have died since the last proof.
    if ((await this.pool)?.pool.alive === false) this.drop(cancelled());
    this.pool ??= this.startPool();
    return this.pool;
  }

  private async startPool(): Promise<StartedPool> {
    const threads = Math.max(1, Math.floor(this.options.threads ?? logicalCores()) || 1);
    const shared = threads > 1 && this.options.sharedMemory !== false && canShare();
    const tier = await chooseTier(shared, this.options.tier, this.refused);
    const ports = threads === 1 ? [localThread()] : await startThreads(threads);
    return { pool: new Pool({ threads: ports, module: tier.module, shared }), tier, threads, shared };
  }

  private async openKey(
    { pool, tier, threads, shared }: StartedPool,
    zkey: Uint8Array | NamedKey,
    work: Work,
  ): Promise<OpenKey> {
    const of = zkey instanceof Uint8Array ? zkey : zkey.id;
    if (this.open !== undefined && isSame(this.open.of, of)) return this.open;
    this.open = undefined;
    const given = zkey instanceof Uint8Array ? zkey : await zkey.load();
    const file = given instanceof Uint8Array ? inMemory(given) : given;
    const shape = TIER_SHAPES[tier.name];
    const outline = await readFile(file, outlineKey(file.bytes));
    work.key(file.bytes);
    work.proof(proofCost(measureAtMost(outline, shape, threads), false));
    const key = await surveyKey(file, outline, work.readBytes);
    const most = measure(key, shape, threads);
    const sizes = shared ? most : fitPrivate(most, this.options.privateBytes ?? halfOfSnarkjs(file.bytes));
    if (!shared && threads > 1) await pool.resize(sizes.threads, cancelled());
    work.proof(proofCost(sizes, false));
    await pool.open(sizes, file, key, work.readBytes);
    this.open = { of, sizes };
    return this.open;
  }
}

function isSame(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

const cancelled = () =>
  new EngineError('cancelled.by-request', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });

const degenerate = () =>
  new EngineError('artifact.degenerate', 'The proving key gives a proof at infinity.', {
    nextStep: 'Get the proving key again from where the circuit came from.',
  });

function toJson({ a, b, c }: ProofPoints): EngineProof {
  return {
    pi_a: [`${a.x}`, `${a.y}`, '1'],
    pi_b: [
      [`${b.x[0]}`, `${b.x[1]}`],
      [`${b.y[0]}`, `${b.y[1]}`],
      ['1', '0'],
    ],
    pi_c: [`${c.x}`, `${c.y}`, '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

interface Platform {
  crossOriginIsolated?: boolean;
  SharedArrayBuffer?: unknown;
  performance: { now(): number };
}

const platform = globalThis as unknown as Platform;
const now = (): number => platform.performance.now();
/** Node has shared memory always, pages only when isolated. */
const canShare = (): boolean =>
  platform.SharedArrayBuffer !== undefined && platform.crossOriginIsolated !== false;
