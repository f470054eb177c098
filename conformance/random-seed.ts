/**
 * Property tests draw the same inputs on every machine, so that a change is judged and not the dice.
 * `FC_SEED=<number> npm run unit -- <file>` draws others; a failure prints the seed that repeats it.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_260_101) });
