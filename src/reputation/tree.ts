// The LeanIMT over a snapshot's leaves, as plain levels: built in slices so that it can be cancelled, and
// cloneable across workers, which the class of @zk-kit/lean-imt is not. The tests hold it against that class.
import { poseidon } from './poseidon.ts';
import type { Pacer } from './work.ts';

/** levels[0] are the leaves, the last level is the root alone. */
export type TreeLevels = bigint[][];

export interface TreeProof {
  /** Not the leaf's position: levels where the node has no sibling are left out, as in LeanIMT. */
  index: number;
  /** Bottom up; as many as the proof's depth. */
  siblings: bigint[];
}

/** A node without a right sibling rises unchanged. `leaves` must not be empty. */
export async function buildTree(leaves: readonly bigint[], pacer: Pacer): Promise<TreeLevels> {
  const levels: TreeLevels = [[...leaves]];
  const total = leaves.length - 1;
  let done = 0;
  for (let nodes = levels[0]!; nodes.length > 1; nodes = levels.at(-1)!) {
    const parents: bigint[] = [];
    for (let left = 0; left < nodes.length; left += 2) {
      const right = nodes[left + 1];
      if (right === undefined) {
        parents.push(nodes[left]!);
        continue;
      }
      parents.push(poseidon([nodes[left]!, right]));
      done++;
      if (pacer.due()) await pacer.pause('tree', done, total);
    }
    levels.push(parents);
  }
  await pacer.finish('tree', total);
  return levels;
}

export function rootOf(levels: TreeLevels): bigint {
  return levels.at(-1)![0]!;
}

export function treeProof(levels: TreeLevels, position: number): TreeProof {
  const siblings: bigint[] = [];
  let index = 0;
  let at = position;
  for (const nodes of levels.slice(0, -1)) {
    const sibling = nodes[at ^ 1];
    if (sibling !== undefined) {
      index += (at & 1) * 2 ** siblings.length;
      siblings.push(sibling);
    }
    at >>= 1;
  }
  return { index, siblings };
}

/** The root that a leaf and its proof lead to. */
export function rootFromProof(leaf: bigint, { index, siblings }: TreeProof): bigint {
  return siblings.reduce(
    (node, sibling, level) => ((index >> level) & 1 ? poseidon([sibling, node]) : poseidon([node, sibling])),
    leaf,
  );
}
