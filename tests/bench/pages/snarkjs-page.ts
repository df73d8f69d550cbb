// The page that `npm run bench -- prove` measures snarkjs in.
import { prove } from '../prover-snarkjs.ts';
import { openBench } from './prove-bench.ts';

openBench(prove);
