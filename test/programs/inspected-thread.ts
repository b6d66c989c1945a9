// A thread whose run can be seen in an inspector that it serves itself.
import { inspector } from 'loopchart/node';
import { serve } from 'loopchart/worker';
import { Count } from '../support/worker-loops.ts';

serve(new Count(), { inspector: () => inspector({ token: 'a-token-for-this-test' }) });
