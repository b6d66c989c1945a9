// TypeScript in a thread of Node 20. From Node 22.18 on, and where it is compiled, `train.ts` is the thread itself.
import { register } from 'tsx/esm/api';

register();
await import('./train.ts');
