export { type FileStoreOptions, fileStore } from './store.ts';
