// Claims that must not be accepted: each changes one thing of a good one, and says what must be seen of it.
import { FIELD_ORDER_Q, FIELD_ORDER_R } from '../../src/core/groth16.ts';
import { CHECKS } from '../../src/prover/strict-verify.ts';
import type { ClaimFile } from '../../src/reputation/claim-file.ts';
import { negated, pointOutsideGroup } from '../prover/simulated-proof.ts';

const plus = (decimal: string, more: bigint): string => (BigInt(decimal) + more).toString();

/** Public signals in the circuit's order, and the check against the campaign file that sees each. */
const SIGNALS: [string, string[]][] = [
  ['root', ['root']],
  ['nullifier', []],
  ['scope', ['scope']],
  ['message', ['message']],
  ['asOf', ['date']],
  ['baseRate', ['base rate']],
  ['lower', ['bounds']],
  ['upper', ['bounds']],
];

type Forge = (good: ClaimFile) => unknown;

const forgeProof =
  (edit: (proof: ClaimFile['proof']) => Partial<ClaimFile['proof']>): Forge =>
  (good) => ({ ...good, proof: { ...good.proof, ...edit(good.proof) } });
const forgeSignals =
  (edit: (signals: string[]) => string[]): Forge =>
  (good) => ({ ...good, publicSignals: edit(good.publicSignals) });

const outside = pointOutsideGroup().toAffine();
const zero: [string, string] = ['0', '0'];

interface Forgery {
  forge: Forge;
  title: 'Refused' | 'Unreadable';
  /** What the result says. */
  reason: RegExp;
  /** Exactly the checks that fail, in order; none for what is not read so far. */
  failed: string[];
}
const PAIRINGS = [CHECKS.noble, CHECKS.snarkjs];
/** The proof itself does not hold; `first` is what stops it before the pairings, `bound` what the campaign sees. */
const badProof = (forge: Forge, first: string[] = [], bound: string[] = []): Forgery => ({
  forge,
  title: 'Refused',
  reason: /The proof is not valid\./,
  failed: ['proof', ...bound, ...first, ...PAIRINGS],
});
const unreadable = (forge: Forge, reason: RegExp): Forgery => ({
  forge,
  title: 'Unreadable',
  reason,
  failed: [],
});

/** Each changes one thing of a good claim. */
export const TAMPERED: Record<string, Forgery> = {
  ...Object.fromEntries(
    SIGNALS.map(([name, bound], at) => [
      `signal-${name}`,
      badProof(
        forgeSignals((signals) => signals.with(at, plus(signals[at]!, 1n))),
        [],
        bound,
      ),
    ]),
  ),
  'signal-plus-r': unreadable(
    forgeSignals((signals) => signals.with(1, plus(signals[1]!, FIELD_ORDER_R))),
    /publicSignals\.1/,
  ),
  'signal-leading-zero': unreadable(
    forgeSignals((signals) => signals.with(4, `0${signals[4]}`)),
    /publicSignals\.4/,
  ),
  'signals-cut': unreadable(
    forgeSignals((signals) => signals.slice(0, 7)),
    /publicSignals must be 8 signals/,
  ),
  'signals-none': unreadable(
    forgeSignals(() => []),
    /publicSignals must be 8 signals/,
  ),
  'signals-longer': unreadable(
    forgeSignals((signals) => [...signals, '0']),
    /publicSignals must be 8 signals/,
  ),
  'a-plus-q': badProof(
    forgeProof(({ pi_a }) => ({ pi_a: [plus(pi_a[0], FIELD_ORDER_Q), pi_a[1], '1'] })),
    [CHECKS.proofFormat],
  ),
  'a-off-curve': badProof(
    forgeProof(({ pi_a }) => ({ pi_a: [plus(pi_a[0], 1n), pi_a[1], '1'] })),
    [CHECKS.proofPoints],
  ),
  'a-negated': badProof(forgeProof(({ pi_a }) => ({ pi_a: [pi_a[0], negated(pi_a[1]), '1'] }))),
  'a-at-infinity': badProof(
    forgeProof(() => ({ pi_a: ['0', '1', '0'] })),
    [CHECKS.proofFormat],
  ),
  'a-and-c-swapped': badProof(forgeProof(({ pi_a, pi_c }) => ({ pi_a: pi_c, pi_c: pi_a }))),
  'b-plus-q': badProof(
    forgeProof(({ pi_b: [x, y, z] }) => ({ pi_b: [[plus(x[0], FIELD_ORDER_Q), x[1]], y, z] })),
    [CHECKS.proofFormat],
  ),
  'b-off-curve': badProof(
    forgeProof(({ pi_b: [x, y, z] }) => ({ pi_b: [[plus(x[0], 1n), x[1]], y, z] })),
    [CHECKS.proofPoints],
  ),
  'b-on-twist-outside-subgroup': badProof(
    forgeProof(() => ({
      pi_b: [
        [`${outside.x.c0}`, `${outside.x.c1}`],
        [`${outside.y.c0}`, `${outside.y.c1}`],
        ['1', '0'],
      ],
    })),
    [CHECKS.proofPoints],
  ),
  'b-at-infinity': badProof(
    forgeProof(() => ({ pi_b: [zero, ['1', '0'], zero] })),
    [CHECKS.proofFormat],
  ),
  'c-plus-q': badProof(
    forgeProof(({ pi_c }) => ({ pi_c: [plus(pi_c[0], FIELD_ORDER_Q), pi_c[1], '1'] })),
    [CHECKS.proofFormat],
  ),
  'other-words': {
    forge: (good) => ({ ...good, payload: 'pay someone else' }),
    title: 'Refused',
    reason: /Bound to another challenge or to other words of the claimant/,
    failed: ['message'],
  },
  'other-size': badProof((good) => ({ ...good, circuit: 'reputation-64' })),
  'unknown-circuit': {
    forge: (good) => ({ ...good, circuit: 'membership-only' }),
    title: 'Refused',
    reason: /does not accept this circuit/,
    failed: ['circuit', 'verification key', 'proof'],
  },
  'not-a-claim': unreadable(() => ({ hello: 'world' }), /neither a claim/),
};
