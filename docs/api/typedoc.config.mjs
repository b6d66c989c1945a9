import { readFileSync } from 'node:fs';
import { OptionDefaults } from 'typedoc';

const root = new URL('../../', import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/** The source of each door of the package: `.`, `./node`, … */
const doors = Object.values(exports).flatMap((one) => one['loopchart-source'] ?? []);

/** What exported types are made of. Nobody needs these by name: what they come to is shown where they are used. */
const inner = [
  ['chart/machine-type', 'SavedState', 'SnapshotOf', 'OutputOf', 'ArgsOf'],
  ['chart/journal', 'InFlight'],
  ['chart/actor-kind', 'ActorKind'],
  ['recording/lines', 'ActorValue'],
  ['testing/cuts/cut-error', 'Told'],
  ['testing/cuts/every-cut', 'Runs'],
  ['testing/cuts/measured', 'What', 'Measured'],
  ['testing/play/play', 'Played'],
  ['worker/port', 'WebPort', 'NodePort'],
  ['node/program/options', 'Named', 'ArgsOption'],
  ['node/terminal/screen', 'Output'],
  ['patterns/expected', 'InHook'],
  ['run/outcome-of', 'Returned', 'Standing'],
  ['tree/any-loop', 'AnyLoop'],
  ['tree/assets', 'Assets'],
  ['tree/state-dict', 'LoopDict'],
].flatMap(([file, ...names]) => names.map((name) => `src/${file}.ts:${name}`));

/** What `npm run docs` makes of the docstrings: a page for each door of the package, in `.loopchart/api`. */
export default {
  name: 'loopchart',
  entryPoints: doors.map((door) => `../../${door}`),
  tsconfig: 'tsconfig.json',
  out: '../../.loopchart/api',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  // The word that a docstring ends with for TypeScript alone.
  blockTags: [...OptionDefaults.blockTags, '@ts-expect-error'],
  excludeTags: [...OptionDefaults.excludeTags, '@ts-expect-error'],
  // Whatever leads nowhere or says nothing fails. A property may be clear by its name.
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  intentionallyNotExported: inner,
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  requiredToBeDocumented: OptionDefaults.requiredToBeDocumented.filter((kind) => kind !== 'Property'),
};
