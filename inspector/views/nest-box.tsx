import type { ComponentChildren } from 'preact';
import { type PlacedNest, UNFOLD } from '../drawing/nest-layout.ts';
import type { BoxWords } from '../run/box-words.ts';
import { Mark } from '../widgets/phase-mark.tsx';
import { Steady } from '../widgets/steady.ts';

interface BoxProps {
  /** What it is called among all boxes. */
  loop: string;
  words: BoxWords;
  place: PlacedNest;
  /** Whether there is room for one line only. */
  tight: boolean;
  current: boolean;
}

/** A box of the nest. A step changes few of them. */
export class Box extends Steady<BoxProps> {
  override render({ loop, words, place, tight, current }: BoxProps): ComponentChildren {
    const { phase, runs, innermost, odd, isMany, folded } = words;
    const box = (
      <button
        key="box"
        type="button"
        class={`nested ${phase} ${runs ? 'runs' : ''} ${innermost ? 'innermost' : ''} ${odd ? 'is-odd' : ''} ${isMany ? 'many' : ''} ${folded ? 'folds' : ''}`}
        style={{
          transform: `translate(${place.x}px, ${place.y}px)`,
          width: `${place.width}px`,
          height: `${place.height}px`,
        }}
        data-loop={loop}
        aria-current={current ? 'true' : undefined}
        title={words.title}
      >
        <BoxText words={words} place={place} tight={tight} />
      </button>
    );
    // Both ways, so that the box stays the element that it is when its loops are not folded any more.
    return [box, folded ? <Unfold key="unfold" loop={loop} words={words} place={place} /> : null];
  }
}

/** The way into a box that has others folded into it, in the place of those. */
function Unfold({ loop, words, place }: Pick<BoxProps, 'loop' | 'words' | 'place'>) {
  return (
    <button
      type="button"
      class={`unfold ${words.runs ? 'lit' : ''}`}
      style={{
        transform: `translate(${place.x + place.width - UNFOLD}px, ${place.y}px)`,
        height: `${place.height}px`,
      }}
      data-loop={loop}
      title={`Show the ${words.folded} in it (+)`}
    >
      +{words.folded}
      <Told>{` loops in ${words.name}: look into it`}</Told>
    </button>
  );
}

/** From so many pixels on, the number stands beside the rest. */
const WIDE = 400;

/** What a box says, from its name to the number of its loop. */
function BoxText({ words, place, tight }: Pick<BoxProps, 'words' | 'place' | 'tight'>) {
  const wide = place.width >= WIDE && words.curve !== '';
  const leaf = place.head === place.height;
  const { phase, times, forked } = words;
  return (
    <span class={`text ${wide ? 'wide' : ''}`} style={{ height: `${place.head - 3}px` }}>
      <span class="line">
        <span class="called">
          {phase === 'ahead' ? <i class="ahead-mark" /> : <Mark phase={phase} />}
          <b class={`name hue${words.hue}`}>{words.name}</b>
          <Told>{`${words.around}; `}</Told>
        </span>
        {times ? <span class="times">× {times}</span> : null}
        {times ? <Told>{words.isMany ? ' loops; ' : ' runs; '}</Told> : null}
        {forked ? <span class="forked dim">forked from {forked}</span> : null}
        {tight ? (
          <>
            <Told>{`${words.words}; `}</Told>
            <span class={`count ${words.foldedRuns ? 'told' : ''}`}>
              {words.hasTotal ? <Told>step </Told> : null}
              {words.steps}
            </span>
            <FoldedRun words={words} />
          </>
        ) : (
          <span class="words">{words.words}</span>
        )}
      </span>
      {tight ? null : (
        <>
          <span class="line">
            <Told>; </Told>
            <span class="count">{words.steps}</span>
            <FoldedRun words={words} />
            <Told>; </Told>
            <span class="share">{words.share}</span>
          </span>
          <Bar words={words} />
          {leaf || wide ? <BoxCurve words={words} /> : null}
        </>
      )}
    </span>
  );
}

/** Of the loops that are folded into a box: the innermost that runs, and how many have failed. */
function FoldedRun({ words: { foldedRuns, foldedFailed } }: { words: BoxWords }) {
  return (
    <>
      {foldedFailed ? (
        <b class="bad">
          <Told>; in it </Told>
          {foldedFailed}
        </b>
      ) : null}
      {foldedRuns ? (
        <span class="inner">
          <Told>; in it runs </Told>
          <span aria-hidden="true">› </span>
          {foldedRuns}
        </span>
      ) : null}
    </>
  );
}

/** How far the loop is; of an array, how its loops stand. */
function Bar({ words: { isMany, part, over, failed, running, ahead } }: { words: BoxWords }) {
  if (isMany) {
    const width = (count: number) => ({ flexGrow: count });
    return (
      <span class="bar of-many" aria-hidden="true">
        <i class="done" style={width(over)} />
        <i class="failed" style={width(failed)} />
        <i class="running" style={width(running)} />
        <i style={width(ahead)} />
      </span>
    );
  }
  return (
    <span class="bar" aria-hidden="true">
      {part ? <i style={{ transform: `scaleX(${part})` }} /> : null}
    </span>
  );
}

/** The number of a loop as a line over its steps; of an array, a stroke for each of its loops. */
function BoxCurve({ words }: { words: BoxWords }) {
  const { curve, odd, numbersOdd, numberName, number, numberTold } = words;
  const each = numberTold !== '' || numbersOdd !== '';
  return (
    <span class={`number ${each ? 'of-each' : ''}`}>
      {curve ? (
        <svg viewBox={each ? '-1 0 102 20' : '0 0 100 20'} preserveAspectRatio="none" aria-hidden="true">
          <path d={curve} />
          {each ? <path class="middle" d={`M${words.middle} 0V20`} /> : null}
        </svg>
      ) : null}
      {number || numbersOdd ? (
        <span class="value">
          {numbersOdd || (odd && !each) ? <b class="bad">{numbersOdd || `${odd}; `}</b> : null}
          <Told>; </Told>
          {number ? (
            <>
              <span class="dim">{numberName}</span> {number}
              <Told>{numberTold}</Told>
            </>
          ) : null}
        </span>
      ) : null}
    </span>
  );
}

/** For those who are told what others see: where a box is, and where a part of its text ends. */
const Told = ({ children }: { children: string }) => <span class="told">{children}</span>;
