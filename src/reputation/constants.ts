// Units and limits of reputation data; the circuit has the same ones. See README.md, "Units".

/** Largest value of a weight (16 bits); a weight of 1 is all of it. */
export const WEIGHT_ONE = 65_535;
/** Largest amount of positive or negative evidence in one record, in milli-observations (32 bits). */
export const EVIDENCE_MAX = 4_294_967_295;
/** `expiresAt` of evidence that never expires: the largest 40-bit second. */
export const NEVER = 2 ** 40 - 1;
/** Milli-observations in one observation. */
export const MILLI = 1000;
/** Prior weight W = 2 observations in units of weight × milli-observations. */
export const PRIOR_WEIGHT = 2n * 1000n * 65_535n;
/** Scores and base rates are in parts per million. */
export const PPM = 1_000_000;
/** Most records a subject may have: the largest circuit. */
export const RECORDS_MAX = 1024;
/** Deepest tree that the circuit takes: 16 million subjects. */
export const DEPTH_MAX = 24;
/** Capacities that circuits are compiled for. */
export const CAPACITIES = [16, 64, 256, 1024] as const;

/** Longest id, name or type; longer ones are hostile or a mistake. */
export const ID_CHARS_MAX = 256;
/** Longest text that an import reads: 128 Mi characters, about three million ratings. */
export const IMPORT_CHARS_MAX = 2 ** 27;
/** Rejected rows kept with their reasons; beyond that they are only counted, so that memory stays bounded. */
export const REJECTED_KEPT_MAX = 1000;
