// Looks at a piece and gives it back.
import { giveBack } from '../../../src/prover/engine/key-file.ts';

const scope = globalThis as unknown as {
  onmessage: (event: { data: Uint8Array }) => void;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data }) => {
  const first = data[0];
  giveBack(data);
  scope.postMessage(first);
};
