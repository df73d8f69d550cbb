// What a thread is asked and answers, and the host that answers: the same in this thread, in a
// worker thread of Node and in a Web Worker.

import { type EngineErrorData, toData } from './errors.ts';
import type { KeyPart } from './import.ts';
import { Instance } from './instance.ts';
import { giveBack } from './key-file.ts';
import type { Sizes } from './layout.ts';
import { makeMemory } from './memory.ts';
import { type Task, Thread, type WindowPoints } from './thread.ts';
import type { WasmMemory, WasmModule } from './wasm.ts';

export type Request =
  | { op: 'open'; module: WasmModule; memory: WasmMemory; sizes: Sizes; number: number }
  /** Without a shared memory each thread makes its own. */
  | { op: 'open-private'; module: WasmModule; pages: number; sizes: Sizes }
  | { op: 'import'; part: KeyPart }
  | { op: 'witness'; values: Uint8Array; blinding: Uint8Array }
  | { op: 'task'; task: Task }
  | { op: 'read'; at: number; bytes: number }
  | { op: 'write'; at: number; data: Uint8Array }
  | { op: 'wipe'; common: boolean };

export type Answer = { result: WindowPoints[] | Uint8Array | undefined } | { error: EngineErrorData };

export interface Envelope<T> {
  id: number;
  body: T;
}

/** Answers requests, one after the other, about one key at a time. */
export class Host {
  private thread: Thread | undefined;

  answer(request: Request): Answer {
    try {
      return { result: this.handle(request) };
    } catch (thrown) {
      return { error: toData(thrown) };
    }
  }

  private handle(request: Request): WindowPoints[] | Uint8Array | undefined {
    if (request.op === 'open') {
      const { module, memory, sizes, number } = request;
      this.thread = new Thread(new Instance(module, memory), sizes, number);
      return undefined;
    }
    if (request.op === 'open-private') {
      const { module, pages, sizes } = request;
      // The last key's goes before the new one's comes.
      this.thread = undefined;
      this.thread = new Thread(new Instance(module, makeMemory(pages, false)), sizes, 0, 1);
      return undefined;
    }
    const { thread } = this;
    if (thread === undefined) throw new Error('No key is open.');
    const { u8 } = thread.instance;
    switch (request.op) {
      case 'import':
        thread.takePart(request.part);
        return undefined;
      case 'witness':
        thread.setWitness(request.values, request.blinding);
        return undefined;
      case 'task':
        return thread.run(request.task);
      case 'read':
        return u8.slice(request.at, request.at + request.bytes);
      case 'write':
        u8.set(request.data, request.at);
        return undefined;
      case 'wipe':
        thread.wipe(request.common);
        return undefined;
    }
  }
}

/** Answers a request that came by a message. What an answer carries goes over without a copy, and what a request brought
 * is gone at once: of witnesses, and of what follows from them, nothing waits for the garbage collector. */
export function answerMessage(
  host: Host,
  { id, body }: Envelope<Request>,
  post: (message: Envelope<Answer>, transfer: ArrayBuffer[]) => void,
): void {
  const answer = host.answer(body);
  const carried = 'result' in answer && answer.result instanceof Uint8Array ? [answer.result.buffer] : [];
  post({ id, body: answer }, carried as ArrayBuffer[]);
  if (body.op === 'write') discard(body.data);
  if (body.op === 'witness') {
    discard(body.values);
    // With the proof, r and s undo its hiding.
    discard(body.blinding);
  }
}

function discard(bytes: Uint8Array): void {
  bytes.fill(0);
  giveBack(bytes);
}
