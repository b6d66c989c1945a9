/** Whether tests take as long as they like: `npm run test:long`. */
export const long = process.env.LOOPCHART_LONG === '1';
/** For tests that do ten times as much in the long run, in milliseconds. */
export const patience = long ? 600_000 : 60_000;

/** What random tests begin with; they name it where they fail. */
export const seed = Number(process.env.LOOPCHART_SEED ?? Math.floor(Math.random() * 2 ** 31));
