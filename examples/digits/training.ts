import type { Digits, Split } from './data.ts';
import { Model } from './model.ts';
import { Momentum } from './momentum.ts';

/** What is trained, on what, and how. */
export interface Training {
  model: Model;
  optimizer: Momentum;
  train: Digits;
  heldOut: Digits;
  epochs: number;
  batchSize: number;
  /** The learning rate of the first epoch. */
  rate: number;
  /** Each epoch has this part of the learning rate of the one before: how many there will be does not matter. */
  decay: number;
  seed: number;
  listener?: Listener;
}

/** What an epoch came to, or has come to so far. Losses are means, accuracies go from 0 to 1. */
export type EpochReport = {
  /** From 1. */
  epoch: number;
  /** How much of the epoch is behind us. */
  part: number;
  rate: number;
  loss: number;
  accuracy: number;
  heldOut: { loss: number; accuracy: number };
};

/** Is told what a run finds out. */
export interface Listener {
  onQuarter?(report: EpochReport): void;
  onEpoch?(report: EpochReport): void;
}

/** How many times in an epoch the held-out digits are looked at. */
export const QUARTERS = 4;

/** How many epochs there are where nobody says. */
export const EPOCHS = 12;

/** A new model and how to train it; `changes` are what differs from the defaults. */
export function createTraining(digits: Split, changes: Partial<Training> = {}): Training {
  const seed = changes.seed ?? 1;
  const model = changes.model ?? new Model(seed);
  const optimizer = changes.optimizer ?? new Momentum(model);
  return { ...digits, epochs: EPOCHS, batchSize: 32, rate: 0.05, decay: 0.8, ...changes, seed, model, optimizer };
}

/** The batches of an epoch. The last one may be smaller than the others. */
export function batchesIn({ train, batchSize }: Training): number {
  return Math.ceil(train.labels.length / batchSize);
}

/** The batch that a quarter begins with. */
export function firstBatch(training: Training, quarter: number): number {
  return Math.floor((quarter / QUARTERS) * batchesIn(training));
}
