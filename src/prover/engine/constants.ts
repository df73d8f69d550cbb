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

/** (x, y) → (β·x, y) multiplies a point of the group by λ (R. Gallant, R. Lambert, S. Vanstone, "Faster point
 * multiplication on elliptic curves with efficient endomorphisms", CRYPTO 2001). λ³ ≡ 1 modulo r, β³ ≡ 1 modulo p. */
export const LAMBDA = 4407920970296243842393367215006156084916469457145843978461n;
export const BETA = {
  g1: 2203960485148121921418603742825762020974279258880205651966n,
  g2: P - 1n - 2203960485148121921418603742825762020974279258880205651966n,
};
/** The shortest vectors (a, b) with a + b·λ ≡ 0 modulo r are (long + short, short) and (short, −long). */
export const LATTICE = { short: 9931322734385697763n, long: 147946756881789319000765030803803410728n };
