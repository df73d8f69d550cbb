// Recognises development keys. They all share one published α, so a key is known by its vk_alpha_1 and never
// by a label: anyone can forge proofs for such a key (circuits/dev-key-scalars.ts says how it is made).
import type { G1Json, VerificationKey } from './groth16.ts';

/** [α]₁ of every development key. */
export const DEVELOPMENT_ALPHA_1: Readonly<G1Json> = [
  '21885261634464246686233883641808566474982558141143911802653829929209064044732',
  '13195042308672147027477373919067201096616353973069787113924388132791521543778',
  '1',
];

/** True when proofs for this key can be forged by anyone. The key's decimals must be canonical, as strict
 * verification checks. */
export function isDevelopmentKey(vkey: Pick<VerificationKey, 'vk_alpha_1'>): boolean {
  // −α is as well known as α; both have this x.
  return vkey.vk_alpha_1[0] === DEVELOPMENT_ALPHA_1[0];
}
