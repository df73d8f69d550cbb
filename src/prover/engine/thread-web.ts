// Entry of a Web Worker; scripts/kernels.ts bundles it into a string that spawn.ts starts from a blob.
import { type Envelope, Host, type Request } from './messages.ts';

interface Scope {
  onmessage: ((event: { data: Envelope<Request> }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;
const host = new Host();
scope.onmessage = ({ data: { id, body } }) => scope.postMessage({ id, body: host.answer(body) });
