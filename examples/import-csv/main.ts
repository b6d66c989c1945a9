// Imports CSV files into SQLite. Kill it as you like and start it again: it goes on from there, and each row is there once.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resumable, sqliteStore, terminal } from 'loopchart/node';
import { openDatabase } from './database.ts';
import { Import } from './loops.ts';

const { values, positionals } = parseArgs({
  options: { db: { type: 'string', default: 'weather.db' } },
  allowPositionals: true,
});
// Four years of weather, with the package `vega-datasets`.
const seattle = new URL('../../node_modules/vega-datasets/data/seattle-weather.csv', import.meta.url);
const files = positionals.length > 0 ? positionals : [fileURLToPath(seattle)];

const db = await openDatabase(values.db);
db.exec(`CREATE TABLE IF NOT EXISTS weather (
  date TEXT, precipitation REAL, temp_max REAL, temp_min REAL, wind REAL, weather TEXT
)`);

const { run, outcome } = await resumable(new Import(db), {
  id: 'import',
  args: [files],
  store: sqliteStore(db),
  // Fifty rows and the checkpoint that knows of them are committed in one.
  every: { steps: 50 },
  durability: 'sync',
});
terminal(run);
const { output, exitCode } = await outcome;
if (output !== undefined) console.log(`${output} rows in ${values.db}`);
db.close();
process.exitCode = exitCode;
