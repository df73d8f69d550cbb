// A circuit of 2²⁰ rows, none of whose wires is 0, 1 or small: full runs only, since its key takes minutes to make. The
// proof is made by the built library in a process of its own, from files that it never holds whole.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { groth16 as snarkjs } from 'snarkjs';
import { afterAll, expect, test } from 'vitest';
import { makeDevelopmentKey } from '../../../circuits/dev-key.ts';
import { buildLibrary } from '../../../scripts/lib-steps.ts';
import { projectFolder } from '../../../scripts/steps.ts';
import { FIELD_ORDER_R as R } from '../../../src/core/groth16.ts';
import { verifyProof } from '../../../src/prover/verify.ts';
import { wtnsFile } from '../../helpers/circuits-witness.ts';
import { isFullRun } from '../../helpers/scale.ts';

const run = promisify(execFile);
const LOG = 20;
/** What the engine may take of it: points, terms and scratch, and a Node with the library in it. */
const MOST_BYTES = 1.1 * 2 ** 30;

const folder = mkdtempSync(join(tmpdir(), 'gnomon-large-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** xᵢ₊₁ = xᵢ², the last is public; as r1cs and wtns files. Written by the word: as objects they would take gigabytes. */
function chain(rows: number): { r1cs: Uint8Array; wtns: Uint8Array } {
  const wires = rows + 2;
  const bytes = (count: number) => {
    const buffer = Buffer.alloc(count);
    let at = 0;
    return {
      buffer,
      u32: (...values: number[]) => {
        for (const value of values) at = buffer.writeUInt32LE(value, at);
      },
      u64: (value: number) => {
        at = buffer.writeBigUInt64LE(BigInt(value), at);
      },
      field: (value: bigint) => {
        for (let word = 0; word < 4; word++) {
          at = buffer.writeBigUInt64LE((value >> BigInt(64 * word)) & 0xffffffffffffffffn, at);
        }
      },
      text: (text: string) => {
        at += buffer.write(text, at, 'latin1');
      },
    };
  };
  // Wire 1 is the result, wires 2 and on are x₀, x₁ …
  const constraintBytes = 3 * (4 + 36);
  const r1cs = bytes(12 + 3 * 12 + 64 + rows * constraintBytes + 8 * wires);
  r1cs.text('r1cs');
  r1cs.u32(1, 3);
  r1cs.u32(1);
  r1cs.u64(64);
  r1cs.u32(32);
  r1cs.field(R);
  r1cs.u32(wires, 1, 0, wires - 2);
  r1cs.u64(wires);
  r1cs.u32(rows);
  r1cs.u32(2);
  r1cs.u64(rows * constraintBytes);
  for (let i = 0; i < rows; i++) {
    for (const wire of [i + 2, i + 2, i === rows - 1 ? 1 : i + 3]) {
      r1cs.u32(1, wire);
      r1cs.field(1n);
    }
  }
  r1cs.u32(3);
  r1cs.u64(8 * wires);
  for (let wire = 0; wire < wires; wire++) r1cs.u64(wire);

  const values = [0x9e3779b97f4a7c15n ** 4n % R];
  for (let i = 0; i < rows; i++) values.push((values[i]! * values[i]!) % R);
  return { r1cs: r1cs.buffer, wtns: wtnsFile([1n, values.pop()!, ...values]) };
}

const PROVE = `
const [library, zkey, wtns] = process.argv.slice(1);
const { groth16 } = await import(library);
const { proof, publicSignals } = await groth16.prove(zkey, wtns);
// Not maxRSS where it can be told otherwise: Linux hands that of the parent on.
const { readFileSync, existsSync } = await import('node:fs');
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
const kilobytes = /^VmHWM:\\s+(\\d+)/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
const peakBytes = kilobytes * 1024;
process.stdout.write(JSON.stringify({ proof, publicSignals, peakBytes }), () => process.exit());
`;

test.runIf(isFullRun)(
  '2²⁰ rows: within its memory, and verified twice',
  async () => {
    await buildLibrary();
    const { r1cs, wtns } = chain(2 ** LOG - 2);
    const { zkey, vkey, domain } = await makeDevelopmentKey(r1cs);
    expect(domain).toBe(2 ** LOG);
    const [zkeyFile, wtnsFile] = [join(folder, 'zkey'), join(folder, 'wtns')];
    writeFileSync(zkeyFile, zkey);
    writeFileSync(wtnsFile, wtns);
    const { stdout } = await run(
      process.execPath,
      [
        ...['--experimental-wasm-relaxed-simd', '--input-type=module', '--eval', PROVE],
        ...[join(projectFolder, 'dist/lib/gnomon.js'), zkeyFile, wtnsFile],
      ],
      { maxBuffer: 2 ** 20 },
    );
    const { proof, publicSignals, peakBytes } = JSON.parse(stdout) as {
      proof: Parameters<typeof verifyProof>[2];
      publicSignals: string[];
      peakBytes: number;
    };
    expect(publicSignals).toHaveLength(1);
    expect(await snarkjs.verify(vkey, publicSignals, proof)).toBe(true);
    expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    expect(peakBytes).toBeLessThan(MOST_BYTES);
  },
  3_600_000,
);
