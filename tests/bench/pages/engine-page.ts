// The page that `npm run bench -- prove` measures the engine in.
import { prove } from '../prover-engine.ts';
import { openBench } from './prove-bench.ts';

openBench(prove);
