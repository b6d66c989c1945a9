/**
 * What needs a browser, and runs in workers as well.
 * @module loopchart/browser
 */
export type { ForkFactories, ForkFactory, ForkPlan } from '../inspect/fork/factory.ts';
export type { Limits } from '../inspect/inspection.ts';
export type { Sendable, SendTarget } from '../inspect/sendable.ts';
export type { Line, Redact } from '../inspect/wire.ts';
export { type InspectHereOptions, type InspectorHere, inspectHere, type Port } from './here.ts';
export { type IndexedDBStoreOptions, indexedDBStore } from './store/indexeddb-store.ts';
