// The real proving worker, which dies as its name says. Imports are run in this order.
import './starved.ts';
import '../../src/workers/prove.ts';
