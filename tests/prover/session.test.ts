// Proofs that are checked before anyone gets them: a broken engine is found out by a second prover, a false
// witness by both. Keys are converted once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine, type Engine } from '../../src/prover/engine/engine.ts';
import { makeProofCheck } from '../../src/prover/proof-check.ts';
import type { ProofOrder, ProvingSession } from '../../src/prover/session.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { verificationKeyOf } from '../../src/prover/zkey.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

let tiny: TinyCircuit;
let zkey: Uint8Array;
let wtns: Uint8Array;
const sessions: ProvingSession[] = [];

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  zkey = new Uint8Array(readFileSync(join(tiny.folder, 'product.zkey')));
  wtns = await calculateWitness(new Uint8Array(readFileSync(join(tiny.folder, 'product.wasm'))), tiny.input);
}, 120_000);
afterAll(() => tiny?.remove());
afterEach(() => {
  for (const session of sessions.splice(0)) session.end();
});

function sessionWith(start?: (threads: number) => Engine): ProvingSession {
  const session = makeProvingSession(start);
  sessions.push(session);
  return session;
}

const order = (change: Partial<ProofOrder> = {}): ProofOrder => ({
  key: {
    id: 'tiny',
    async load() {
      given.loads++;
      return zkey;
    },
  },
  wtns,
  rung: 'engine-single',
  threads: 2,
  ...change,
});
const given = { loads: 0 };

/** The right engine but for one coordinate of its proofs. */
function brokenEngine(threads: number): Engine {
  const right = createEngine({ threads });
  return {
    prove: async (...asked) => {
      const made = await right.prove(...asked);
      // Another point of the curve: only the equation can tell.
      const [x, y, z] = made.proof.pi_a;
      return { ...made, proof: { ...made.proof, pi_a: [x, `${Q - BigInt(y)}`, z] } };
    },
    warm: () => right.warm(),
    holds: (id) => right.holds(id),
    refuse: (tier) => right.refuse(tier),
    forget: () => right.forget(),
    dispose: () => right.dispose(),
  };
}
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Its last signal is another one, so that no proof of it can verify. */
function falseWitness(): Uint8Array {
  const changed = wtns.slice();
  changed[changed.length - 32]! ^= 1;
  return changed;
}

describe('what is returned', () => {
  it.each(['engine-threaded', 'engine-single', 'snarkjs-threaded', 'snarkjs-single'] as const)(
    'verifies, and says truly who made it: %s',
    async (rung) => {
      const made = await sessionWith().prove(order({ rung }));
      expect(made).toMatchObject({
        prover: rung.split('-')[0],
        threads: rung.endsWith('single') ? 1 : 2,
        publicSignals: tiny.publicSignals,
      });
      const { valid } = await verifyProof(verificationKeyOf(zkey), made.publicSignals, made.proof);
      expect(valid).toBe(true);
    },
  );

  it('is not tried again with the reference prover when all is well', async () => {
    const tiersDropped = vi.fn();
    await sessionWith().prove(order({ onTierDropped: tiersDropped }));
    expect(tiersDropped).not.toHaveBeenCalled();
  });
});

describe('an engine that computes wrongly', () => {
  it('is found out; the reference prover’s proof is returned, and the tier is not used again', async () => {
    const refused: string[] = [];
    const session = sessionWith((threads) => {
      const engine = brokenEngine(threads);
      return { ...engine, refuse: (tier) => refused.push(tier) };
    });
    const dropped: string[] = [];
    const made = await session.prove(order({ onTierDropped: (tier) => dropped.push(tier) }));
    expect(made).toMatchObject({ prover: 'snarkjs', tier: null });
    expect((await verifyProof(verificationKeyOf(zkey), made.publicSignals, made.proof)).valid).toBe(true);
    expect(refused).toHaveLength(1);
    expect(dropped).toEqual(refused);
  });

  it('keeps the tier refused when another engine takes its place', async () => {
    const refused: string[][] = [];
    const session = sessionWith((threads) => {
      const mine: string[] = [];
      refused.push(mine);
      return { ...brokenEngine(threads), refuse: (tier) => mine.push(tier) };
    });
    await session.prove(order());
    session.end();
    await session.prove(order());
    expect(refused).toHaveLength(2);
    expect(refused[1]!.slice(0, 1)).toEqual(refused[0]);
  });

  it('with a witness that is wrong as well keeps its tier: the witness is to blame', async () => {
    const refuse = vi.fn();
    const session = sessionWith((threads) => ({ ...brokenEngine(threads), refuse }));
    await expect(session.prove(order({ wtns: falseWitness() }))).rejects.toMatchObject({
      code: 'witness.unsatisfied',
    });
    expect(refuse).not.toHaveBeenCalled();
  });

  it('that has lost a tier proves with the next, and with none says so', async () => {
    const engine = createEngine({ threads: 1 });
    const { timings } = await engine.prove(zkey, wtns);
    const tiers = new Set([timings.tier]);
    for (;;) {
      engine.refuse([...tiers].at(-1)!);
      const next = await engine.prove(zkey, wtns).catch((thrown: unknown) => thrown);
      if (next instanceof Error) {
        expect(next).toMatchObject({ code: 'resource.no-tier' });
        break;
      }
      const { tier } = (next as { timings: typeof timings }).timings;
      expect(tiers.has(tier)).toBe(false);
      tiers.add(tier);
    }
    expect(tiers.size).toBeGreaterThan(0);
  });
});

describe('a false witness', () => {
  it('is refused for good, by two provers', async () => {
    const refused = sessionWith().prove(order({ wtns: falseWitness() }));
    await expect(refused).rejects.toMatchObject({ code: 'witness.unsatisfied', retryable: false });
  });

  it('that only the reference prover saw is another prover’s to judge', async () => {
    const refused = sessionWith().prove(order({ wtns: falseWitness(), rung: 'snarkjs-single' }));
    await expect(refused).rejects.toMatchObject({ code: 'backend.invalid-proof', retryable: true });
  });
});

describe('the key', () => {
  it('is read and converted once, until another comes or the session ends', async () => {
    const session = sessionWith();
    const read = async (rung: ProofOrder['rung'], id = 'tiny') => {
      given.loads = 0;
      const { key } = order();
      await session.prove(order({ key: { ...key, id }, rung }));
      return given.loads;
    };
    expect(await read('engine-threaded')).toBe(1);
    expect(session.holds('tiny', 'engine-threaded')).toBe(true);
    expect(session.holds('tiny', 'snarkjs-threaded')).toBe(false);
    expect(await read('engine-threaded')).toBe(0);
    expect(await read('engine-threaded', 'other')).toBe(1);
    expect(session.holds('tiny', 'engine-threaded')).toBe(false);
    expect(await read('snarkjs-single')).toBe(1);
    expect(session.holds('other', 'engine-threaded')).toBe(false);
  });

  it('may change while an earlier one is held', async () => {
    const session = sessionWith();
    await session.prove(order());
    const damaged = order({ key: { id: 'damaged', load: async () => zkey.slice(0, 1000) } });
    await expect(session.prove(damaged)).rejects.toMatchObject({ code: 'circuit.zkey' });
    expect((await session.prove(order())).publicSignals).toEqual(tiny.publicSignals);
  });
});

it('says of a key with too many public signals that it is no damage', () => {
  const vkey = verificationKeyOf(zkey);
  const point = vkey.IC[0]!;
  const many = { ...vkey, nPublic: 5000, IC: Array.from({ length: 5001 }, () => point) };
  const attempt = () => makeProofCheck(many);
  expect(attempt).toThrow('This circuit has 5000 public signals; at most 4096 are supported.');
  expect(attempt).toThrow(expect.objectContaining({ code: 'circuit.zkey', retryable: false }) as Error);
});
