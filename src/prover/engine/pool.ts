// The threads of one engine and the order of their work: each idle thread takes the first task whose needs are
// met. With private memories, what one thread wrote is carried to the next that reads it.

import type { EngineError } from './errors.ts';
import { keyParts } from './import.ts';
import { TIER_SHAPES } from './kernels/scratch.ts';
import type { KeyFile, SurveyedKey } from './key-file.ts';
import { type Layout, layOut, PAGE_BYTES, type Sizes, writeWitness } from './layout.ts';
import { makeMemory } from './memory.ts';
import { startThreads, type ThreadPort } from './spawn.ts';
import type { Task, WindowPoints } from './thread.ts';
import type { WasmMemory, WasmModule } from './wasm.ts';

declare const performance: { now(): number };

/** Arrays that tasks pass on to each other. */
export type Region = 'witness digits' | 'quotient digits' | 'work 0' | 'work 1' | 'work 2';

export interface PlannedTask {
  task: Task;
  /** Earlier entries of the plan, by position. */
  needs: number[];
  reads: Region[];
  writes: Region[];
  /** Cost in field products, for progress. */
  cost: number;
}

export interface PoolOptions {
  threads: ThreadPort[];
  module: WasmModule;
  /** One memory for all threads. */
  shared: boolean;
}

export class Pool {
  private readonly threads: ThreadPort[] = [];
  private readonly module: WasmModule;
  private readonly shared: boolean;
  private layout: Layout | undefined;
  /** The one that all threads have, if they have. */
  private memory: WasmMemory | undefined;
  private failed: EngineError | undefined;
  /** Threads that hold the newest content of a region. */
  private holders = new Map<Region, Set<number>>();
  /** Threads' time since the witness was set, by task. */
  private stages: Record<string, number> = {};

  constructor({ threads, module, shared }: PoolOptions) {
    this.module = module;
    this.shared = shared;
    this.take(threads);
  }

  private take(threads: ThreadPort[]): void {
    for (const thread of threads) thread.onDeath = (error) => this.end(error);
    this.threads.push(...threads);
  }

  /** Between keys: ends the threads beyond `count`, or starts those that are missing. */
  async resize(count: number, reason: EngineError): Promise<void> {
    for (const thread of this.threads.splice(count)) thread.end(reason);
    const missing = count - this.threads.length;
    if (missing === 0) return;
    const more = await startThreads(missing);
    if (this.failed !== undefined) {
      for (const thread of more) thread.end(this.failed);
      throw this.failed;
    }
    this.take(more);
  }

  /** Lays the key out in the threads' memories. */
  async open(
    sizes: Sizes,
    file: KeyFile,
    key: SurveyedKey,
    onBytes: (bytes: number) => void = () => undefined,
  ): Promise<void> {
    this.layout = layOut(sizes, TIER_SHAPES[sizes.tier], this.shared ? sizes.threads : 1);
    const pages = this.layout.bytes / PAGE_BYTES;
    const { module } = this;
    if (this.shared) {
      const memory = makeMemory(pages, true);
      this.memory = memory;
      await this.all((thread, number) => thread.request({ op: 'open', module, memory, sizes, number }));
    } else {
      await this.all((thread) => thread.request({ op: 'open-private', module, pages, sizes }));
    }
    const importing = this.shared ? this.threads.slice(0, 1) : this.threads;
    for await (const { part, buffer } of keyParts(file, key, TIER_SHAPES[sizes.tier])) {
      const bytes = buffer?.byteLength ?? 0;
      await Promise.all(
        importing.map((thread, i) => {
          // A piece goes over to the last thread that takes it; the others get copies.
          const transfer = buffer !== undefined && i === importing.length - 1 ? [buffer] : [];
          return thread.request({ op: 'import', part }, transfer);
        }),
      );
      onBytes(bytes);
    }
  }

  private all(ask: (thread: ThreadPort, number: number) => Promise<unknown>): Promise<unknown[]> {
    return Promise.all(this.threads.map(ask));
  }

  async setWitness(values: Uint8Array, blinding: Uint8Array): Promise<void> {
    this.holders = new Map();
    this.stages = {};
    if (this.memory !== undefined) {
      // No message, which would leave copies behind.
      writeWitness(new Uint8Array(this.memory.buffer), this.layout!, values, blinding);
      return;
    }
    await this.all((thread) => thread.request({ op: 'witness', values, blinding }));
  }

  async wipe(): Promise<void> {
    await this.all((thread, number) => thread.request({ op: 'wipe', common: !this.shared || number === 0 }));
  }

  /** Runs the plan. Each task's result is handed over as it comes, when its thread has its next task already.
   * Rejects at once when a thread dies or the pool is ended. */
  run(
    plan: PlannedTask[],
    onDone: (cost: number) => void,
    onResult: (task: Task, result: WindowPoints[] | undefined) => void,
  ): Promise<void> {
    const state: ('waiting' | 'running' | 'done')[] = plan.map(() => 'waiting');
    const idle = this.threads.map((_, number) => number);
    let left = plan.length;
    return new Promise((resolve, reject) => {
      const next = () => {
        for (let i = 0; i < plan.length && idle.length > 0; i++) {
          if (state[i] !== 'waiting' || plan[i]!.needs.some((need) => state[need] !== 'done')) continue;
          state[i] = 'running';
          const thread = this.pick(idle, plan[i]!);
          this.runOne(thread, plan[i]!)
            .then((result) => {
              state[i] = 'done';
              left--;
              idle.push(thread);
              onDone(plan[i]!.cost);
              next();
              onResult(plan[i]!.task, result);
              if (left === 0) resolve();
            })
            // Also when whoever hears of progress throws.
            .catch(reject);
        }
      };
      next();
    });
  }

  /** Takes an idle thread off the list: one that holds what the task reads, where there is one. */
  private pick(idle: number[], { reads }: PlannedTask): number {
    const holds = (thread: number) => reads.every((region) => this.holders.get(region)?.has(thread) ?? true);
    const at = Math.max(0, idle.findIndex(holds));
    return idle.splice(at, 1)[0]!;
  }

  private async runOne(
    number: number,
    { task, reads, writes }: PlannedTask,
  ): Promise<WindowPoints[] | undefined> {
    const thread = this.threads[number]!;
    if (!this.shared) await Promise.all(reads.map((region) => this.carry(region, number)));
    const begun = performance.now();
    const result = await thread.request({ op: 'task', task });
    const name = task.kind === 'sum' ? `sum ${task.sum}` : task.kind;
    this.stages[name] = (this.stages[name] ?? 0) + performance.now() - begun;
    for (const region of writes) this.holders.set(region, new Set([number]));
    return result as WindowPoints[] | undefined;
  }

  private async carry(region: Region, to: number): Promise<void> {
    const holders = this.holders.get(region);
    if (holders === undefined || holders.has(to)) return;
    const { at, bytes } = this.place(region);
    const from = this.threads[[...holders][0]!]!;
    const data = (await from.request({ op: 'read', at, bytes })) as Uint8Array;
    await this.threads[to]!.request({ op: 'write', at, data }, [data.buffer as ArrayBuffer]);
    holders.add(to);
  }

  private place(region: Region): { at: number; bytes: number } {
    const layout = this.layout!;
    switch (region) {
      case 'witness digits':
        return layout.digits.witness;
      case 'quotient digits':
        return layout.digits.quotient;
      default:
        return { at: layout.work[Number(region.slice(5)) as 0 | 1 | 2], bytes: layout.workBytes };
    }
  }

  /** Ends the threads; all that is under way rejects with `reason`. */
  end(reason: EngineError): void {
    if (this.failed !== undefined) return;
    this.failed = reason;
    for (const thread of this.threads) thread.end(reason);
  }

  /** ms that threads spent on each kind of task in the last proof; two threads can make 2 s of one. */
  get stagesMs(): Record<string, number> {
    return this.stages;
  }

  get alive(): boolean {
    return this.failed === undefined;
  }
}
