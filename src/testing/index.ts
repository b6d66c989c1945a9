export type { StoreCapability, StoreFixture, StorePlace, StoreTest } from './store/fixture.ts';
export { type StoreReport, type StoreTestResult, testStore } from './store/report.ts';
export { storeTests } from './store/suite.ts';
