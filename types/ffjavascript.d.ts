// The part of ffjavascript that we use; the package ships no types.
declare module 'ffjavascript' {
  export interface CurveGroup {
    /** Affine or Jacobian bytes to coordinates as bigints: [x, y, 1], each [c0, c1] in G2. */
    toObject(point: Uint8Array): unknown;
  }
  export interface Bn128 {
    G1: CurveGroup;
    G2: CurveGroup;
    Gt: { toObject(value: unknown): unknown };
    pairing(g1: Uint8Array, g2: Uint8Array): unknown;
    terminate(): Promise<void>;
  }
  export function buildBn128(singleThread: boolean): Promise<Bn128>;
}
