export { type Control, type ControlledRun, controls, underControl } from './controls.ts';
export { type LoopTree, type LoopTreesOptions, loopTrees, TreeLoop, treeLoop } from './trees.ts';
