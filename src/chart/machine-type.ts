import type {
  ActorRef,
  AnyActorLogic,
  EventObject,
  HistoryValue,
  MachineSnapshot,
  MetaObject,
  ParameterizedObject,
  SnapshotStatus,
  StateMachine,
} from 'xstate';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Envelope, LoopContext, LoopControlEvent, LoopStateValue } from './context.ts';

/*
 * What is known of a loop's machine, of its snapshots and of its actors. All of it is read off the class of the loop: its
 * state, its arguments and its output, and the fields that hold other loops.
 */

/** Whether something is `any`: then nothing is known of it, and all is allowed. */
type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a run of a loop returns. */
export type OutputOf<L> =
  IsAny<L> extends true ? any : L extends { run(...args: any): Promise<infer Output> } ? Output : unknown;

/** The arguments of a loop's hooks. */
export type ArgsOf<L> =
  IsAny<L> extends true ? any : L extends { run(...args: infer Args extends unknown[]): unknown } ? Args : unknown[];

/**
 * What a loop saves: its `state`, or what an `onSaveCheckpoint` of its own returns. The one of `Loop` is known by its `this`
 * parameter, which those that people write do not have.
 */
export type SavedState<L> =
  IsAny<L> extends true
    ? any
    : L extends { state: infer State; onSaveCheckpoint: infer Save }
      ? unknown extends ThisParameterType<Save>
        ? Save extends () => infer Saved
          ? Saved
          : never
        : State
      : never;

/** The loops that something may be. */
type LoopIn<Value> = IsAny<Value> extends true ? never : Value extends AnyLoop ? Value : never;

/** What a field holds, or what stands in its array. */
type Held<Value> = Value extends readonly (infer Item)[] ? Item : Value;

/** Under which name loops of a field run, if it holds any: `epoch`, or `folds.0` in an array. */
type ChildName<Field, Value> = [LoopIn<Held<Value>>] extends [never]
  ? never
  : Field extends string
    ? Value extends readonly unknown[]
      ? `${Field}.${number}`
      : [LoopIn<Value>] extends [never]
        ? never
        : Field
    : never;

/** The actor of a child. To its parent it gives its state as well as its output. @typeParam L the class of the child */
export interface ChildActor<L> extends ActorRef<SnapshotOf<L, Envelope<OutputOf<L>>>, LoopControlEvent, EventObject> {}

/** Of a field that may hold loops of several classes, the actor may be that of any. */
type ActorOf<L> = L extends AnyLoop ? ChildActor<L> : never;

/** The actors of a loop's children, while they run. Fields that are `private` or `protected` are not among them. */
export type ChildActors<L> =
  IsAny<L> extends true
    ? Record<string, any>
    : {
        [Field in Exclude<keyof L, keyof AnyLoop> as ChildName<Field, L[Field]>]?:
          | ActorOf<LoopIn<Held<L[Field]>>>
          | undefined;
      };

type SnapshotOf<L, Output> = MachineSnapshot<
  LoopContext<SavedState<L>>,
  LoopControlEvent,
  ChildActors<L>,
  LoopStateValue,
  string,
  Output,
  MetaObject,
  any
>;

/** A snapshot of the actor of a loop. @typeParam L the class of the loop */
export type LoopSnapshot<L = any> = SnapshotOf<L, OutputOf<L>>;

/**
 * The machine of a loop. Its input are the arguments of the run, its output is what `onRunEnd` or `onSkip` returned. The
 * events that it takes are those that anyone may send.
 *
 * The machine of a class fits where that of its base class is asked for, as the loop does: `out` says so. XState's types
 * deny it, for they have the context both where it is taken and where it is given; hence the last word of this.
 * @typeParam L the class of the loop
 * @ts-expect-error */
export interface LoopMachine<out L = any>
  extends StateMachine<
    LoopContext<SavedState<L>>,
    LoopControlEvent,
    ChildActors<L>,
    { src: string; logic: AnyActorLogic; id: string | undefined },
    ParameterizedObject,
    ParameterizedObject,
    string,
    LoopStateValue,
    string,
    // The arguments may be left out where there are none.
    [] extends ArgsOf<L> ? ArgsOf<L> | undefined : ArgsOf<L>,
    OutputOf<L>,
    EventObject,
    MetaObject,
    any
  > {
  /** A snapshot of it in this state. As XState has it, without a type that depends on the context in another way. */
  resolveState(config: {
    value: LoopStateValue;
    context: LoopContext<SavedState<L>>;
    historyValue?: HistoryValue<any, any>;
    status?: SnapshotStatus;
    output?: OutputOf<L>;
    error?: unknown;
  }): LoopSnapshot<L>;
}
