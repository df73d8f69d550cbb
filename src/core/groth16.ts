// Groth16 data as snarkjs spells it. Types and limits only; verification lives in prover/.

/** A projective G1 point: three canonical decimals, the last "1" for finite points. */
export type G1Json = [string, string, string];
/** A projective G2 point over Fp2; each pair is [c0, c1]. */
export type G2Json = [[string, string], [string, string], [string, string]];

export interface Groth16Proof {
  pi_a: G1Json;
  pi_b: G2Json;
  pi_c: G1Json;
  protocol: 'groth16';
  curve: 'bn128';
}

export interface VerificationKey {
  protocol: 'groth16';
  curve: 'bn128';
  nPublic: number;
  vk_alpha_1: G1Json;
  vk_beta_2: G2Json;
  vk_gamma_2: G2Json;
  vk_delta_2: G2Json;
  IC: G1Json[];
}

/** The order of BN254's groups: modulus of every signal. */
export const FIELD_ORDER_R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** The modulus of BN254's coordinates. */
export const FIELD_ORDER_Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** A signal's value: canonical decimal string, or nested arrays of them. */
export type SignalValue = string | SignalValue[];
/** Named input signals; not to be confused with the witness. */
export type CircuitInput = Record<string, SignalValue>;
