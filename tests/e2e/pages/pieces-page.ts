// Takes a large file in pieces, as the engine takes a key: here, and in a worker that gets them by messages.
import { giveBack, pieces } from '../../../src/prover/engine/key-file.ts';

/** Each of 1 MiB. */
async function* piecesOf(address: string): AsyncGenerator<Uint8Array> {
  const blob = await (await fetch(address)).blob();
  const read = async (at: number, bytes: number) =>
    new Uint8Array(await blob.slice(at, at + bytes).arrayBuffer());
  const file = { bytes: blob.size, read };
  for await (const { piece } of pieces(file, { at: 0, bytes: blob.size }, 1)) yield piece;
}

/** Both return the sum of every piece's first byte. */
const page = {
  async here(address: string): Promise<number> {
    let sum = 0;
    for await (const piece of piecesOf(address)) {
      sum += piece[0]!;
      giveBack(piece);
    }
    return sum;
  },
  async inWorker(address: string): Promise<number> {
    const worker = new Worker('/page.js', { type: 'module' });
    let sum = 0;
    for await (const piece of piecesOf(address)) {
      const answer = new Promise<number>((resolve) => {
        worker.onmessage = ({ data }) => resolve(data as number);
      });
      worker.postMessage(piece, [piece.buffer]);
      sum += await answer;
    }
    return sum;
  },
};

export type PiecesPage = typeof page;

interface WorkerScope {
  piecesPage?: PiecesPage;
  onmessage: (event: { data: Uint8Array }) => void;
  postMessage(message: unknown): void;
}
const scope = globalThis as unknown as WorkerScope;

if ('document' in globalThis) scope.piecesPage = page;
else {
  // The worker is the same script.
  scope.onmessage = ({ data }) => {
    const first = data[0];
    giveBack(data);
    scope.postMessage(first);
  };
}
