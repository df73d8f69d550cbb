// What REST tests ask a server for, and how: whole answers with their headers, bodies as text where they are no JSON.
import type { CircuitInput } from '../../src/core/groth16.ts';
import { steadyFetch } from './rest-client.ts';
import type { RunningWorkerServer } from './worker-server.ts';

export interface WholeAnswer {
  status: number;
  headers: Headers;
  body: Record<string, never> & { error?: { code: string; where?: string; nextStep: string } };
}

/** Waits for proofs. A text is sent as it is. */
export async function call(
  server: RunningWorkerServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<WholeAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await steadyFetch(server.origin + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: text }),
  });
  const content = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: content === '' ? {} : JSON.parse(content),
  };
}

/** A proof of the tiny circuit. */
export const order = (input: CircuitInput, more: object = {}) => ({ circuit: 'product', input, ...more });

export const attestation = (change: object = {}) => ({
  source: '0xAAaa',
  target: '0xBBbb',
  opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
  attestation_type: 'trust',
  weight: 1,
  created_at: 1_700_000_000_000,
  expires_at: 4_000_000_000_000,
  ...change,
});
