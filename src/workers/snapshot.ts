// Worker entry: reads networks, publishes snapshots, hands out bundles.
import { expose } from 'comlink';
import { makeSnapshotStore } from '../browser/snapshot-store.ts';
import { makeSnapshotWorkerCore } from '../browser/snapshot-worker-core.ts';

expose(makeSnapshotWorkerCore(makeSnapshotStore()));
