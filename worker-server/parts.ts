// What the routes and sessions share of one running server.
import type { Hono } from 'hono';
import type { DeviceSpeed } from '../src/core/assumed-speed.ts';
import type { BackendCapacity, Clock, Random } from '../src/core/ports.ts';
import type { SealingKey } from '../src/remote/sealing.ts';
import type { Asker, ReadRequest, RequestSurroundings } from './api/request-order.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Callers } from './callers.ts';
import type { Circuits } from './circuits.ts';
import type { Limits } from './config.ts';
import type { FleetState } from './fleet/gateway.ts';
import type { ServerJobs } from './jobs/server-jobs.ts';
import type { Origins } from './origins.ts';
import type { Pool } from './pool-port.ts';
import type { Profiling } from './profiling/profiling.ts';
import type { RateLimit } from './rate-limit.ts';

export interface ServerParts {
  /** New with each process: clients learn from it that their jobs are gone. */
  serverId: string;
  name: string;
  privacy: string;
  wsUrl: string | null;
  jobs: ServerJobs;
  circuits: Circuits;
  callers: Callers;
  origins: Origins;
  rate: RateLimit;
  limits: Limits;
  /** Inputs on their way in, over REST and WebSocket: they count until the queue counts them. */
  arriving: ByteBudget;
  /** Null: this server has no pool. */
  pool: Pool | null;
  /** Null: this server does not measure itself. */
  profiling: Profiling | null;
  /** Of this machine, measured when it is first asked for; null where it cannot be. */
  machineSpeed: () => Promise<DeviceSpeed | null>;
  /** Of this machine's own proving, without the pool's. */
  localCapacity: () => BackendCapacity;
  clock: Clock;
  random: Random;
  /** Whom clients may seal inputs to; left out by a server that opens none. */
  sealingKey?: () => SealingKey;
  /** Parses a large input elsewhere than here, to hear what is wrong with it; left out: it is parsed here. */
  checkInput?: (inputJson: Uint8Array, by: Asker) => Promise<void>;
  /** Reads a request for a proof elsewhere than here; left out: it is read here. */
  readElsewhere?: (body: Uint8Array, around: RequestSurroundings, by: Asker) => Promise<ReadRequest>;
  /** Left out: not part of a fleet. */
  fleet?: FleetParts;
  /** Process ids of the children, for memory and CPU figures. */
  childPids: () => number[];
  /** Open WebSockets. */
  sockets: () => number;
  stopping: () => boolean;
}

export interface FleetParts {
  state: () => FleetState;
  board: Hono;
  /** Machines that get no jobs, and why. */
  aside(): Promise<Map<string, string>>;
  letBack(machine: string): Promise<void>;
}
