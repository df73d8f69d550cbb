// What children do with inputs: check large ones, and work out what a proof must show. The truth, a few at once, and never
// for longer than it may take.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { type Child, startChild } from '../../worker-server/proving/child.ts';
import { type ChildInputs, makeChildInputs } from '../../worker-server/proving/child-inputs.ts';
import { type Harm, hostileCalculator } from '../helpers/hostile-calculator.ts';
import { runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { until } from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
const children: Child[] = [];
const open = new Set<ChildInputs>();
const never = () => new AbortController().signal;
const by = () => ({ owner: 'me', gone: never() });
const json = (input: object) => Buffer.from(JSON.stringify(input));
const living = () => children.filter((child) => !child.dead()).length;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
}, 120_000);
afterEach(async () => {
  for (const signals of open) await signals.close();
  open.clear();
  expect(living()).toBe(0);
  children.length = 0;
});
afterAll(() => tiny?.remove());

function make(most: number, limitMs = 60_000): ChildInputs {
  const signals = makeChildInputs({
    ...{ circuitsFolder: tiny.folder, most, limitMs: () => limitMs },
    spawn() {
      const child = startChild({
        script: join(projectFolder, 'dist/server/prove-child.js'),
        maxBytes: 1024 ** 3,
      });
      children.push(child);
      return child;
    },
  });
  open.add(signals);
  return signals;
}

function hostile(harm: Harm): CircuitEntry {
  const bytes = hostileCalculator(harm);
  const url = `${harm}.wasm`;
  writeFileSync(join(tiny.folder, url), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const wasm = { url, bytes: bytes.length, sha256 };
  return { ...tiny.entry, artifacts: { ...tiny.entry.artifacts, wasm } };
}

describe('the public signals of a job that is to leave', () => {
  it('are those of its input or of its witness, a few at once, in children that are used again', async () => {
    const signals = make(2);
    const of = (a: number) => {
      const inputJson = json({ a: String(a), b: ['2', '3'], c: String(5 * a) });
      return signals.signalsOf({ circuit: tiny.entry, inputJson }, never(), () => {});
    };
    const asked = Array.from({ length: 12 }, (_, at) => at + 1);
    expect(await Promise.all(asked.map(of))).toEqual(asked.map((a) => [String(5 * a)]));
    expect(children).toHaveLength(2);
    const wasm = Uint8Array.from(readFileSync(join(tiny.folder, tiny.entry.artifacts.wasm.url)));
    const witness = await calculateWitness(wasm, { a: '11', b: ['2', '3'], c: '55' });
    expect(await signals.signalsOf({ circuit: tiny.entry, witness }, never(), () => {})).toEqual(['55']);
    // Nobody calculated for that.
    expect(children).toHaveLength(2);
  });

  it('are refused by the code of what is wrong with the input, and the child goes on', async () => {
    const signals = make(1);
    const of = (input: object) =>
      signals.signalsOf({ circuit: tiny.entry, inputJson: json(input) }, never(), () => {});
    const good = { a: '1', b: ['2', '3'], c: '5' };
    await expect(of({ ...good, c: '6' })).rejects.toMatchObject({ code: 'witness.unsatisfied' });
    await expect(of({ a: '1' })).rejects.toMatchObject({ group: 'input', retryable: false });
    const cut = { circuit: tiny.entry, witness: new Uint8Array(40) };
    await expect(signals.signalsOf(cut, never(), () => {})).rejects.toMatchObject({ retryable: false });
    expect(await of(good)).toEqual(['5']);
    await signals.close();
  });

  it('end with a child that hangs, when its time is up or its job is cancelled, and the next has its turn', {
    timeout: 60_000,
  }, async () => {
    const signals = make(1, 4_000);
    const loops = { circuit: hostile('loops'), inputJson: json({}) };
    await expect(signals.signalsOf(loops, never(), () => {})).rejects.toMatchObject({ code: 'backend.died' });
    expect(living()).toBe(0);

    const [first, second] = [new AbortController(), new AbortController()];
    let alive = 0;
    const hanging = signals.signalsOf(loops, first.signal, () => alive++);
    const waiting = signals.signalsOf(loops, second.signal, () => {});
    const good = json({ a: '1', b: ['2', '3'], c: '5' });
    const last = signals.signalsOf({ circuit: tiny.entry, inputJson: good }, never(), () => {});
    await until(() => living() === 1 && alive > 0, 20_000);
    second.abort();
    await expect(waiting).rejects.toBeDefined();
    first.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'cancelled.aborted' });
    expect(await last).toEqual(['5']);
    // One for the first loop, one for the second, one for the last: none for the one that never had its turn.
    expect(children).toHaveLength(3);
    const traps = { circuit: hostile('traps'), inputJson: json({}) };
    await expect(signals.signalsOf(traps, never(), () => {})).rejects.toMatchObject({ retryable: false });
  });
});

describe('a large input', () => {
  it('is checked without stopping the server, and refused by where it is wrong', {
    timeout: 60_000,
  }, async () => {
    const inputs = make(1);
    // What takes longest for its bytes.
    const good = Buffer.from(`{"a":[${'[],'.repeat(runs(300_000, 3_900_000))}[]]}`);
    let answered = 0;
    const timer = setInterval(() => answered++, 5);
    await inputs.check(good, by());
    clearInterval(timer);
    // Parsed here, nothing else would have had its turn.
    expect(answered).toBeGreaterThan(3);
    const bad = Buffer.from(good);
    bad.write('7', good.length - 4);
    await expect(inputs.check(bad, by())).rejects.toMatchObject({ group: 'protocol', retryable: false });
    await expect(inputs.check(Buffer.from('{"a b":"1"}'), by())).rejects.toMatchObject({
      code: 'protocol.shape',
    });
    await inputs.check(Buffer.from('{"a":"1"}'), by());
    expect(children).toHaveLength(1);
  });
});
