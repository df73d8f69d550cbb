// The pipeline component's state: the plan for what is asked, the proof under way, figures and servers, as signals.
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type {
  Figures,
  Gnomon,
  ProofError,
  ProofJob,
  ProofPlan,
  ProofRequest,
  ServerStatus,
} from '../../client/types.ts';
import { toErrorData } from '../../core/errors.ts';
import { systemRandom } from '../../core/system.ts';

/** Where the person wants it: `here`, `sooner` (wherever it is), or a server's id. */
export type Where = string;

export type CircuitFigures = Figures & { circuit: string | null };

export interface Pipeline {
  plan: Accessor<ProofPlan | null>;
  job: Accessor<ProofJob | null>;
  /** Of that proof; known a moment before it is saved. */
  jobId: Accessor<string | null>;
  /** Why it cannot start. */
  problem: Accessor<ProofError | null>;
  /** Of tries on the circuit of the proof that is shown, else of what is asked; on all while there is neither. */
  figures: Accessor<CircuitFigures | null>;
  servers: Accessor<readonly ServerStatus[]>;
  where: Accessor<Where>;
  setWhere(where: Where): void;
  online: Accessor<boolean>;
  starting: Accessor<boolean>;
  /** Resolves with the proof's id once it is saved, or null when it could not start. */
  start(): Promise<string | null>;
  cancel(): Promise<void>;
  /** Of the last proof. */
  retry(): Promise<void>;
  /** Back to what could be proved next. */
  reset(): void;
}

/** Typing into what is asked must not check it at each key. */
const SETTLE_MS = 150;
const FIGURES_EVERY_MS = 400;

/** `shown`: a proof to show at once, as before the component was moved. */
export function createPipeline(
  client: Gnomon,
  request: Accessor<ProofRequest | null>,
  shown: string | null = null,
): Pipeline {
  const [plan, setPlan] = createSignal<ProofPlan | null>(null);
  const [job, setJob] = createSignal<ProofJob | null>(null);
  const [jobId, setJobId] = createSignal<string | null>(shown);
  const [problem, setProblem] = createSignal<ProofError | null>(null);
  const [figures, setFigures] = createSignal<CircuitFigures | null>(null);
  const [servers, setServers] = createSignal<readonly ServerStatus[]>(client.servers());
  const [chosen, setChosen] = createSignal<Where | null>(null);
  const [online, setOnline] = createSignal(navigator.onLine);
  const [starting, setStarting] = createSignal(false);

  const usable = (id: string) => {
    const server = servers().find((one) => one.id === id);
    return server !== undefined && server.permission !== 'nothing' && server.setAside === null;
  };
  const where = createMemo<Where>(() => {
    const usual = request()?.privacy === 'may-offload' ? 'sooner' : 'here';
    const wanted = chosen() ?? request()?.server ?? usual;
    return wanted === 'here' || wanted === 'sooner' || usable(wanted) ? wanted : usual;
  });
  const placed = createMemo<ProofRequest | null>(() => {
    const asked = request();
    if (asked === null) return null;
    const { server: _server, privacy: _privacy, ...rest } = asked;
    const to = where();
    if (to === 'here') return { ...rest, privacy: 'local-only' };
    return { ...rest, privacy: 'may-offload', ...(to === 'sooner' ? {} : { server: to }) };
  });

  let round = 0;
  async function replan(): Promise<void> {
    const asked = placed();
    const mine = ++round;
    try {
      const next = asked === null ? null : await client.plan(asked);
      if (mine !== round) return;
      setPlan(next);
      setProblem(null);
    } catch (thrown) {
      if (mine !== round) return;
      setPlan(null);
      setProblem(toErrorData(thrown));
    }
  }
  createEffect(
    on([placed, servers, online], () => {
      const timer = setTimeout(() => void replan(), SETTLE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );

  const circuit = createMemo(() => job()?.circuit ?? plan()?.circuit ?? null);
  let counts = 0;
  async function countNow(): Promise<void> {
    const mine = ++counts;
    const of = circuit();
    const counted = await client.figures(of ?? undefined);
    if (mine === counts) setFigures({ ...counted, circuit: of });
  }
  let counting: ReturnType<typeof setTimeout> | undefined;
  function count(): void {
    counting ??= setTimeout(() => {
      counting = undefined;
      countNow().catch(() => {});
    }, FIGURES_EVERY_MS);
  }
  onCleanup(() => clearTimeout(counting));
  createEffect(on(circuit, () => void countNow().catch(() => {}), { defer: true }));

  async function show(id: string): Promise<void> {
    const found = await client.get(id);
    // News that came meanwhile is newer.
    if (found !== null && job()?.id !== id) setJob(found);
  }
  function leave(): void {
    setJobId(null);
    setJob(null);
  }

  if (shown !== null) show(shown).catch(() => {});
  // One that is named goes on where it was, after a reload too.
  createEffect(
    on(
      () => request()?.id,
      (id) => {
        if (id === undefined || id === jobId()) return;
        setJobId(id);
        show(id).catch(() => {}); // The figures say that storage is down.
      },
    ),
  );
  onMount(() => {
    countNow().catch((thrown: unknown) => setProblem(toErrorData(thrown)));
  });
  const stops = [
    client.on('servers', (list) => setServers(list)),
    client.on('job', (changed) => {
      if (changed.progress === null) count();
      if (changed.id !== jobId()) return;
      setJob(changed);
      if (changed.state === 'succeeded') void replan();
    }),
    client.on('figures', count),
    client.observeServers(),
  ];
  onCleanup(() => {
    for (const stop of stops) stop();
  });
  const onNetwork = () => setOnline(navigator.onLine);
  addEventListener('online', onNetwork);
  addEventListener('offline', onNetwork);
  onCleanup(() => {
    removeEventListener('online', onNetwork);
    removeEventListener('offline', onNetwork);
  });

  return {
    plan,
    job,
    jobId,
    problem,
    figures,
    servers,
    where,
    setWhere: (to) => void setChosen(to),
    online,
    starting,
    async start() {
      const asked = placed();
      if (asked === null || starting()) return null;
      setStarting(true);
      // So that the same problem is told again for another click.
      setProblem(null);
      const id = asked.id ?? systemRandom.id();
      try {
        setJobId(id);
        await client.submit({ ...asked, id });
        await show(id);
        setProblem(null);
        return id;
      } catch (thrown) {
        setProblem(toErrorData(thrown));
        return null;
      } finally {
        setStarting(false);
      }
    },
    async cancel() {
      const current = job();
      if (current !== null) await client.cancel(current.id);
    },
    async retry() {
      const current = job();
      if (current === null) return;
      try {
        await client.retry(current.id);
      } catch (thrown) {
        // Its input is gone: from what is asked now.
        leave();
        setProblem(toErrorData(thrown));
      }
    },
    reset() {
      leave();
      void replan();
    },
  };
}
