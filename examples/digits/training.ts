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
  /** The learning rate of the first epoch; each has four fifths of that of the one before. */
  rate: number;
  seed: number;
  /** Is told what each quarter of an epoch has come to. */
  tell?: (report: EpochReport) => void;
}

/** What an epoch has come to so far. Losses are means, accuracies go from 0 to 1. */
export type EpochReport = {
  /** From 1. */
  epoch: number;
  /** How much of the epoch is behind us. */
  part: number;
  loss: number;
  accuracy: number;
  heldOut: { loss: number; accuracy: number };
};

/** How many times in an epoch the held-out digits are looked at. */
export const QUARTERS = 4;

/** A new model and how to train it; `changes` are what differs from the defaults. */
export function createTraining(digits: Split, changes: Partial<Training> = {}): Training {
  const seed = changes.seed ?? 1;
  const model = new Model(seed);
  return { ...digits, model, optimizer: new Momentum(model), epochs: 12, batchSize: 32, rate: 0.05, seed, ...changes };
}

/** The batch that a quarter of an epoch begins with. The last of an epoch may be smaller than the others. */
export function firstBatch({ train, batchSize }: Training, quarter: number): number {
  return Math.floor((quarter / QUARTERS) * Math.ceil(train.labels.length / batchSize));
}
