/**
 * What needs Node: files, signals, terminals, and a server for the inspector.
 * @module loopchart/node
 */
export type { ForkFactories, ForkFactory, ForkPlan } from '../inspect/fork/factory.ts';
export type { Limits } from '../inspect/inspection.ts';
export type { Sendable, SendTarget } from '../inspect/sendable.ts';
export type { Line, Redact } from '../inspect/wire.ts';
export type { StoreHolder, TakeOver } from './holder.ts';
export { type Inspector, type InspectorOptions, inspector } from './inspector.ts';
export type { ResumableOptions } from './program/options.ts';
export { type Program, type ProgramOutcome, resumable } from './program/resumable.ts';
export { type FileRecorder, recordTo } from './recording/record-to.ts';
export type { SqliteDatabase, SqliteStatement } from './sqlite/database.ts';
export type { SqliteStoreOptions } from './sqlite/options.ts';
export { sqliteStore } from './sqlite/sqlite-store.ts';
export { type FileStoreOptions, fileStore } from './store.ts';
export { type Terminal, type TerminalOptions, terminal } from './terminal/terminal.ts';
