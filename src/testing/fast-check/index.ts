export { type Control, type ControlledRun, type ControlModel, controls, underControl } from './controls.ts';
export { type LoopTree, type LoopTreesOptions, loopTrees, TreeLoop, treeLoop } from './trees.ts';
