// Numbers of BN254 (alt_bn128) that the whole engine shares.

/** Modulus of the coordinates. */
export const P = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
/** Order of the groups: modulus of the scalars. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** r − 1 is divisible by 2²⁸ and no higher power of two. */
export const TWO_ADICITY = 28;
/** A generator of the scalars' multiplicative group; snarkjs takes its roots of unity from 5. */
export const ROOT_BASE = 5n;
export const FIELD_BYTES = 32;
