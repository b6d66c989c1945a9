import { baseTests, keepTests, refusesTests } from './base.ts';
import { crashTests, damageTests, fillTests } from './failures.ts';
import {
  type Ask,
  Skipped,
  type StoreCapability,
  type StoreFixture,
  type StorePlace,
  type StoreTest,
} from './fixture.ts';
import { runTests, severalTests } from './runs.ts';
import { dieTests, otherTests } from './writers.ts';

const tests: [StoreCapability, { readonly [name: string]: Ask<any> }][] = [
  ['base', baseTests],
  ['base', runTests],
  ['several', severalTests],
  ['keep', keepTests],
  ['refuses', refusesTests],
  ['other', otherTests],
  ['die', dieTests],
  ['fill', fillTests],
  ['damage', damageTests],
  ['crash', crashTests],
];

/** What a fixture must have beside the function or option of that name. */
const needs: { readonly [capability: string]: readonly (keyof StoreFixture)[] } = {
  die: ['other'],
  crash: ['other'],
};

/**
 * The tests that every `CheckpointStore` has to pass, and those for what this one can do besides. Each stands alone, so
 * that any test framework can run them; {@link testStore} does without one.
 *
 * @example
 * for (const { name, run } of storeTests(fixture)) test(name, async () => void (await run()));
 */
export function storeTests<Place extends StorePlace>(fixture: StoreFixture<Place>): StoreTest[] {
  return tests
    .filter(([capability]) => isOffered(fixture, capability))
    .flatMap(([capability, asked]) =>
      Object.entries(asked).map(([name, ask]) => ({ name, capability, run: () => runIn(fixture, ask) })),
    );
}

export function isOffered(fixture: StoreFixture<any>, capability: StoreCapability): boolean {
  if (capability === 'base') return true;
  if (capability === 'several') return fixture.oneRun !== true;
  return [capability, ...(needs[capability] ?? [])].every((name) => Boolean(fixture[name]));
}

async function runIn<Place extends StorePlace>(
  fixture: StoreFixture<Place>,
  ask: Ask<Place>,
): Promise<{ skipped?: string }> {
  const places: Place[] = [];
  const another = async () => {
    const place = await fixture.make();
    places.push(place);
    return place;
  };
  try {
    const place = await another();
    const { store } = place;
    const reader = (await fixture.other?.(place)) ?? store;
    await ask({ fixture, place, store, reader, another });
    return {};
  } catch (error) {
    if (error instanceof Skipped) return { skipped: error.message };
    throw error;
  } finally {
    for (const place of places) await fixture.close?.(place);
  }
}
