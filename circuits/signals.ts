// Names and shapes of the reputation circuit's signals. The circuit itself is reputation.circom; whoever
// builds its input (src/reputation) keeps to these names.

/** Capacities that have a circuit, smallest first. */
export const CIRCUIT_SIZES = [16, 64, 256, 1024] as const;
export type CircuitSize = (typeof CIRCUIT_SIZES)[number];

/** Input of `Reputation(N)`; ranges and units are in circuits/README.md. Arrays have exactly N entries,
 * `siblings` exactly 24. */
export interface ReputationInput {
  root: bigint;
  nullifier: bigint;
  scope: bigint;
  message: bigint;
  asOf: bigint;
  baseRate: bigint;
  lower: bigint;
  upper: bigint;
  secret: bigint;
  count: bigint;
  weight: bigint[];
  positive: bigint[];
  negative: bigint[];
  expiresAt: bigint[];
  depth: bigint;
  index: bigint;
  siblings: bigint[];
}
