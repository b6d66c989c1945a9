// In the worker: the loop is served, with a store that outlives the page and an observer for the inspector in another tab.
import { indexedDBStore, inspectHere } from 'loopchart/browser';
import { serve } from 'loopchart/worker';
import { Train } from './training/loops.ts';

serve(new Train(), { store: indexedDBStore('spirals'), inspector: inspectHere });
