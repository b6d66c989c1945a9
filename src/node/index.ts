export type { Limits } from '../inspect/inspection.ts';
export type { Line, Redact } from '../inspect/wire.ts';
export { type Inspector, type InspectorOptions, inspector } from './inspector.ts';
export type { StoreHolder } from './lock.ts';
export { type FileRecorder, recordTo } from './save.ts';
export { type FileStoreOptions, fileStore } from './store.ts';
